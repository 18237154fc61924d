#!/usr/bin/env node
// Runs the tests on the pinned Node and ends with one line of totals. Arguments go to vitest, such as a path or `-t name`.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { giveUpWithoutNode, pinnedNode, root } from "./pinned-node.mjs";

const given = process.argv.slice(2);
const projects = given.includes("--project") ? [] : ["unit", "integration", "e2e"];
const folder = mkdtempSync(join(tmpdir(), "lifecycle-test-"));
const report = join(folder, "report.json");

const vitest = spawn(
  pinnedNode() ?? giveUpWithoutNode(),
  [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    ...projects.flatMap((name) => ["--project", name]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...given,
  ],
  { cwd: root, stdio: "inherit" },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => vitest.kill(signal));

vitest.on("exit", (code, signal) => {
  const { passed, failed, skipped } = readTotals(code ?? 1);
  rmSync(folder, { recursive: true, force: true });
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = signal ? 1 : (code ?? 1) || (failed > 0 ? 1 : 0);
});

/** A file that could not even be read, or an error outside of any test, counts as one failure: no red run says "0 failed". */
function readTotals(code) {
  let totals = { passed: 0, failed: 0, skipped: 0 };
  try {
    const json = JSON.parse(readFileSync(report, "utf8"));
    const brokenFiles = json.testResults.filter(
      (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
    );
    totals = {
      passed: json.numPassedTests,
      failed: json.numFailedTests + brokenFiles.length,
      skipped: json.numPendingTests + json.numTodoTests,
    };
  } catch {
    // No report: vitest itself failed, and has said why.
  }
  return code !== 0 && totals.failed === 0 ? { ...totals, failed: 1 } : totals;
}
