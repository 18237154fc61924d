import { readdirSync } from "node:fs";

/** Runs every bench of this folder, or those named; each prints its figures and a ratio to a baseline of the same run. */
const NOT_BENCHES = new Set(["index.ts"]);
const wanted = process.argv.slice(2);
const all = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && !NOT_BENCHES.has(name));
for (const file of all.toSorted()) {
  const name = file.replace(/\.ts$/, "");
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n# ${name}`);
  const { run } = (await import(`./${file}`)) as { run: () => Promise<void> };
  await run();
}
