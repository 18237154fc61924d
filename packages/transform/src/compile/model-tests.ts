import type { CompiledColumn, CompiledModel, CompiledTest } from "../compiled.ts";
import { relationText, type Target } from "../project/host-functions.ts";
import type { Model, ModelTest } from "../project/types.ts";
import { SqlProblem } from "../sql/problem.ts";
import { rewrite } from "../sql/rewrite.ts";
import { ModelFindings } from "./findings.ts";
import { partitionColumn } from "./model-config.ts";
import { hashOf } from "./model-hash.ts";
import { type Compilation, modelTable, rewriteModel } from "./model-text.ts";
import { renderModel } from "./render-model.ts";
import { sampleText, testTexts } from "./test-sql.ts";

export function compiledTests(model: Model, compilation: Compilation): CompiledTest[] {
  const relation = relationOf(compilation.target);
  const tests = model.properties?.tests ?? [];
  const partition = partitionColumn(model);
  return testTexts(relation(model.name), tests, relation, partition).map((test) => ({
    ...test,
    sql: engineText(model, compilation, test.sql),
  }));
}

const relationOf = (target: Target) => (name: string) =>
  relationText(target, `${target.dataset}_build`, name);

function rewriteTest(sql: string, { target, shapes }: Compilation): string {
  const table = modelTable(target);
  const rewritten = rewrite(sql, { model: true, parameters: false, table, shapes: shapes.tables });
  return target.engine === "duckdb" ? rewritten.sql : sql;
}

/** Text of a test, for the engine. */
function engineText(model: Model, compilation: Compilation, sql: string): string {
  try {
    return rewriteTest(sql, compilation);
  } catch (error) {
    if (!(error instanceof SqlProblem)) throw error;
    const place = refusedTest(model, compilation)?.place ?? { file: model.file.name, line: 1, column: 1 };
    throw new ModelFindings([
      { place, message: `a test of ${model.name}: ${error.message} [${error.rule}]`, hint: error.hint },
    ]);
  }
}

/** Of several tests in one text, the first that is refused when it stands alone. */
function refusedTest(model: Model, compilation: Compilation): ModelTest | undefined {
  const relation = relationOf(compilation.target);
  const tests = model.properties?.tests ?? [];
  return tests.find((test) => {
    try {
      for (const { sql } of testTexts(relation(model.name), [test], relation)) rewriteTest(sql, compilation);
      return false;
    } catch {
      return true;
    }
  });
}

/** `sampleText` for the engine; null for a model without tests whose rows can be shown. */
export function sampleSql(
  model: Model,
  compilation: Compilation,
  columns: readonly CompiledColumn[],
): string | null {
  const table = relationOf(compilation.target)(model.name);
  const names = columns.map(({ name }) => name);
  const sql = sampleText(table, names, model.properties?.tests ?? []);
  return sql === undefined ? null : engineText(model, compilation, sql);
}

/** A check of `sql/checks/`, asked of the last of the models it reads. Throws `ModelFindings`. */
export function addCheck(
  model: CompiledModel,
  { check, read }: { check: Model; read: readonly string[] },
  { project, target, shapes }: Compilation,
): CompiledModel {
  const rendered = renderModel(check, project, target);
  const asked = { ...rendered, text: rendered.text.trim().replace(/;\s*$/, "") };
  const text = rewriteModel(check, project, asked, target, shapes.tables, false);
  const sql = target.engine === "duckdb" ? text.sql : asked.text;
  const severity = check.config.severity === "warn" ? "warn" : "error";
  const test: CompiledTest = {
    sql: `SELECT COUNT(*) AS t0 FROM (\n${sql}\n) AS failing`,
    checks: [{ name: check.name, severity, sample: { kind: "query", sql } }],
    prunable: false,
  };
  const others = read.filter((name) => name !== model.name && !model.inputs.includes(name));
  const tests = [...model.tests, test];
  return {
    ...model,
    tests,
    testInputs: [...new Set([...model.testInputs, ...others])].sort(),
    hash: hashOf({ buildHash: model.buildHash, tests, gates: model.gates }),
  };
}
