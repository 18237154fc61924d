import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadPipelines } from "./reviewed-config.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pipelines-"));
  mkdirSync(join(root, "pipelines"));
});
afterEach(() => rmSync(root, { recursive: true }));

function messageFor(yaml: string): string {
  writeFileSync(join(root, "pipelines/orders.yaml"), yaml);
  try {
    loadPipelines({ root, pipelines: { path: join(root, "pipelines") } });
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

const good = "name: orders\nkind: file\nraw_table: raw_orders\ncolumns: [{name: id, type: STRING}]\n";

it.each([
  [good, /^accepted$/],
  [
    good.replace("STRING", "MONEY"),
    /orders\.yaml: columns\.0\.type: got "MONEY", expected one of "STRING", /,
  ],
  [`${good}reject_ration: 0.1\n`, /orders\.yaml: reject_ration: got an unknown key, expected reject_ratio, /],
  [good.replace("kind: file", "kind: csv"), /orders\.yaml: kind: got "csv", expected one of "braze", "file"/],
  [`${good}key: [nr]\n`, /key\.0: got "nr", expected something else: no column `nr` is declared/],
  [good.replace("name: orders", "name: order"), /name: got "order", expected orders, like the file/],
])("%j", (yaml, message) => {
  expect(messageFor(yaml)).toMatch(message);
});
