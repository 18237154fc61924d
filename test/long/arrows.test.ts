import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const DEPCRUISE = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
const ROOMS = [
  "contracts",
  "stats",
  "runtime",
  "queue",
  "landing",
  "braze",
  "ingest",
  "experiments",
  "simulation",
];

let tree: string;

/** A small workspace of our shape, in which every arrow is right. */
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "lifecycle-arrows-"));
  cpSync(join(ROOT, ".dependency-cruiser.cjs"), join(tree, ".dependency-cruiser.cjs"));
  write(
    "package.json",
    JSON.stringify({ name: "tree", type: "module", workspaces: ["packages/*", "apps/*"] }),
  );
  for (const room of ROOMS) {
    write(`packages/${room}/src/index.ts`, `export type { Inner } from "./inner.ts";\n`);
    write(`packages/${room}/src/inner.ts`, "export interface Inner { n: number }\n");
    manifest(`packages/${room}`, room === "queue" ? ["bullmq"] : []);
    mkdirSync(join(tree, "node_modules/@lifecycle"), { recursive: true });
    symlinkSync(join(tree, "packages", room), join(tree, "node_modules/@lifecycle", room));
  }
  for (const name of ["bullmq", "lodash"]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    write(`node_modules/${name}/index.js`, "module.exports = {};\n");
  }
  manifest("apps/worker", ["@lifecycle/contracts", "@lifecycle/queue"]);
  manifest("apps/sandbox", ["@lifecycle/runtime"]);
  write(
    "apps/worker/src/main.ts",
    `import type { Inner } from "@lifecycle/queue";\nexport const one: Inner = { n: 1 };\n`,
  );
  write(
    "apps/sandbox/src/main.ts",
    `import type { Inner } from "@lifecycle/runtime";\nexport const one: Inner = { n: 1 };\n`,
  );
  write("test/some.test.ts", `import type { Inner } from "@lifecycle/queue";\nexport type Other = Inner;\n`);
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function manifest(folder: string, dependencies: readonly string[]): void {
  const name = `@lifecycle/${folder.split("/")[1]}`;
  const versions = Object.fromEntries(dependencies.map((dependency) => [dependency, "1.0.0"]));
  const exports = { ".": "./src/index.ts" };
  write(
    `${folder}/package.json`,
    JSON.stringify({ name, version: "1.0.0", type: "module", exports, dependencies: versions }),
  );
}

/** The rules that are broken, each once. */
async function broken(): Promise<string[]> {
  const args = [
    DEPCRUISE,
    "--config",
    ".dependency-cruiser.cjs",
    "--output-type",
    "json",
    "apps",
    "packages",
    "test",
  ];
  const failed = (error: { stdout: string }) => error;
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: tree }).catch(failed);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
}

const use = (what: string) => `import type { Inner } from "${what}";\nexport type Used = Inner;\n`;

it("finds nothing where every arrow is right", async () => expect(await broken()).toEqual([]));

it.each([
  [
    "up",
    "packages/contracts/src/bad.ts",
    use("@lifecycle/runtime"),
    ["contracts-imports-only-down", "imports-are-listed"],
  ],
  [
    "sideways",
    "packages/queue/src/bad.ts",
    use("@lifecycle/landing"),
    ["imports-are-listed", "queue-imports-only-down"],
  ],
  [
    "sideways between use cases",
    "packages/ingest/src/bad.ts",
    use("../../experiments/src/index.ts"),
    ["imports-are-listed", "ingest-imports-only-down"],
  ],
  [
    "into an app",
    "packages/queue/src/bad.ts",
    `import "../../../apps/worker/src/main.ts";\n`,
    ["queue-imports-only-down"],
  ],
  [
    "from app to app",
    "apps/worker/src/bad.ts",
    `import "../../sandbox/src/main.ts";\n`,
    ["apps-do-not-import-apps"],
  ],
  [
    "past a door",
    "apps/worker/src/bad.ts",
    use("../../../packages/queue/src/inner.ts"),
    ["packages-have-one-door"],
  ],
  [
    "past a door from a test",
    "test/bad.test.ts",
    use("../packages/queue/src/inner.ts"),
    ["tests-use-the-doors"],
  ],
  [
    "of a room that is not listed",
    "apps/worker/src/bad.ts",
    use("@lifecycle/landing"),
    ["imports-are-listed"],
  ],
  ["of a package that is not listed", "apps/worker/src/bad.ts", `import "lodash";\n`, ["imports-are-listed"]],
  [
    "of a package that is not there",
    "apps/worker/src/bad.ts",
    `import "left-pad";\n`,
    ["nothing-is-missing"],
  ],
  [
    "of what one room knows",
    "apps/worker/src/bad.ts",
    `import "bullmq";\n`,
    ["imports-are-listed", "only-queue-knows-bullmq"],
  ],
  ["of the disk by a pure room", "packages/stats/src/bad.ts", `import "node:fs";\n`, ["pure-rooms-do-no-io"]],
  [
    "of a test",
    "packages/queue/src/bad.ts",
    `import "../../../test/some.test.ts";\n`,
    ["nothing-imports-tests"],
  ],
  [
    "around in a circle",
    "packages/queue/src/inner.ts",
    `import type { Other } from "./index.ts";\nexport type Inner = Other;\n`,
    ["no-cycles"],
  ],
])("finds an import %s", async (_what, path, text, rules) => {
  write(path, text);
  expect(await broken()).toEqual(rules);
});

it("finds a way from the sandbox to the client, however long", async () => {
  manifest("apps/sandbox", ["@lifecycle/ingest"]);
  manifest("packages/ingest", ["@lifecycle/braze"]);
  write("packages/ingest/src/index.ts", use("@lifecycle/braze"));
  write("apps/sandbox/src/main.ts", use("@lifecycle/ingest"));
  expect(await broken()).toEqual(["sandbox-shares-nothing-with-the-client"]);
});
