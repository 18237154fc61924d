#!/usr/bin/env node
// Starts the CLI, or with `--script <path>` another TypeScript file, on a Node that runs TypeScript.
// Plain JavaScript, because Node 20 cannot even read a .ts file.
import { spawn } from "node:child_process";
import nodeModule from "node:module";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { giveUpWithoutNode, pinnedNode, root } from "./pinned-node.mjs";

// Compiled code is kept for the next start, here and in every process of the fleet: half of each one's way to being ready.
process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules/.cache/compiled-code");

if (process.features.typescript) await runHere();
else runOn(pinnedNode() ?? giveUpWithoutNode());

async function runHere() {
  let script = join(root, "apps/cli/src/main.ts");
  if (process.argv[2] === "--script" && process.argv[3]) {
    script = resolve(process.argv[3]);
    process.argv.splice(1, 3, script);
  }
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(pathToFileURL(script).href);
}

/** The channel tells the other process when this one is killed; signals and the exit code are passed on. */
function runOn(node) {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(node, [self, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`${node} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
