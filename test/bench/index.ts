import { readdirSync } from "node:fs";

/** Runs every bench of this folder, or those named; each prints its figures and a ratio to a baseline of the same run. */
const NOT_BENCHES = new Set(["index.ts"]);
const given = process.argv.slice(2);
const wanted = given.filter((word) => !/^\d+$/.test(word));
/** Numbers among the words say how much each bench takes on, in its own measure: `rows 1000`. */
const sizes = given.filter((word) => /^\d+$/.test(word)).map(Number);
const all = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && !NOT_BENCHES.has(name));
for (const file of all.toSorted()) {
  const name = file.replace(/\.ts$/, "");
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n# ${name}`);
  const { run } = (await import(`./${file}`)) as { run: (...sizes: number[]) => Promise<void> };
  await run(...sizes);
}
