#!/usr/bin/env node
// Fails when package-lock.json holds two versions of something we use ourselves, or when we ask for less than an exact version.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pinned-node.mjs";

const KINDS = ["dependencies", "devDependencies", "optionalDependencies"];
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
const ours = Object.entries(packages).filter(([path]) => !path.includes("node_modules/"));
const problems = [];
const direct = new Set();

for (const [path, entry] of ours) {
  const manifest = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
  for (const kind of KINDS) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
      direct.add(name);
      if (!EXACT.test(version))
        problems.push(`${path || "."}/package.json: ${name} is "${version}", not one exact version`);
      if (entry[kind]?.[name] !== version)
        problems.push(`${path || "."}/package.json: ${name} is not in package-lock.json so`);
    }
  }
}

const versions = new Map();
for (const [path, entry] of Object.entries(packages)) {
  const name = path.split("node_modules/").at(-1);
  if (!path.includes("node_modules/") || entry.link || !direct.has(name)) continue;
  versions.set(name, (versions.get(name) ?? new Set()).add(`${entry.version} (${path})`));
}
for (const [name, found] of versions) {
  const distinct = new Set([...found].map((text) => text.split(" ")[0]));
  if (distinct.size > 1)
    problems.push(`${name} is there in ${distinct.size} versions: ${[...found].join(", ")}`);
}

for (const problem of problems) console.error(problem);
console.log(`${direct.size} direct dependencies, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
