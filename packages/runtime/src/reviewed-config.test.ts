import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withTemporaryFolder } from "./aside.ts";
import { loadExperimentsConfig } from "./reviewed-config.ts";

it.each([
  { usesSandbox: true, file: "", repeats: "no" },
  { usesSandbox: true, file: "repeat_sends: unknown", repeats: "unknown" },
  { usesSandbox: false, file: "", repeats: undefined },
  { usesSandbox: false, file: "repeat_sends: no", repeats: "no" },
])("that nobody gets a campaign twice is known of the sandbox alone: $usesSandbox, $file", async (given) => {
  await withTemporaryFolder("config", async (root) => {
    writeFileSync(join(root, "experiments.yaml"), `${given.file}\n`);
    const settings = { root, usesSandbox: given.usesSandbox, pipelines: { path: join(root, "pipelines") } };
    expect(loadExperimentsConfig(settings).repeat_sends).toBe(given.repeats);
  });
});
