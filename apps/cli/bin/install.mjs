#!/usr/bin/env node
// Installs what package-lock.json names when node_modules is missing or older than it, and does nothing else.
// Plain JavaScript for Node >= 20: it runs before anything is installed. `--production` leaves the tools of development out;
// a full install serves it too.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const record = join(root, "node_modules/.lifecycle-install");
const production = process.argv.includes("--production");
const mode = production ? "production" : "full";
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (Number(process.versions.node.split(".")[0]) < 20) {
  console.error(`Node 20 or newer is needed to begin; this is ${process.version}.`);
  process.exit(1);
}
if (!isFresh()) install();

function isFresh() {
  if (!existsSync(record)) return adoptForeignInstall();
  const [installedLock, installedMode] = readFileSync(record, "utf8").trim().split(" ");
  return installedLock === lock && (installedMode === "full" || production);
}

/** `npm ci` by hand leaves no record of ours, but npm's own: when that says the same as the lock, nothing is missing. */
function adoptForeignInstall() {
  const npmsRecord = join(root, "node_modules/.package-lock.json");
  if (!existsSync(npmsRecord)) return false;
  const present = JSON.parse(readFileSync(npmsRecord, "utf8")).packages;
  const wanted = Object.entries(
    JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages,
  ).filter(([path, entry]) => path.includes("node_modules/") && !entry.optional && !entry.peer);
  const has = ([path, entry]) => path in present && present[path].version === entry.version;
  const isTool = ([, entry]) => entry.dev || entry.devOptional;
  const complete = wanted.every(has);
  if (!complete && !(production && wanted.every((entry) => isTool(entry) || has(entry)))) return false;
  writeFileSync(record, `${lock} ${complete ? "full" : "production"}\n`);
  return true;
}

function install() {
  console.log("Installing what is needed (once; about a minute on a slow line) …");
  const args = ["ci", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  if (production) args.push("--omit=dev");
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  const shell = command === "npm" && process.platform === "win32";
  const env = { ...process.env, npm_config_loglevel: "error" };
  const result = spawnSync(command, [...first, ...args], { cwd: root, env, shell, encoding: "utf8" });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
    console.error(
      "The installation failed; the reason stands above. `npm ci` tries it again with all messages.",
    );
    process.exit(result.status || 1);
  }
  writeFileSync(record, `${lock} ${mode}\n`);
}
