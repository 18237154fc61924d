import { errorMessage } from "@lifecycle/contracts";
import type { CompiledModel } from "@lifecycle/transform";
import type { QueryTarget } from "@lifecycle/warehouse";
import { chosenModels, openCheckedModels, type SelectFlags } from "../models/open-models.ts";
import type { Session } from "../session.ts";
import { withWarehouse } from "../warehouse-access.ts";

type State = "PASS" | "WARN" | "FAIL" | "ERROR";

/** `lifecycle models test`: asks the tests of tables as they stand, and changes nothing. Returns 1 when one does not hold. */
export async function testModels(session: Session, flags: SelectFlags): Promise<number> {
  const { terminal, settings } = session;
  const { own } = await openCheckedModels(session);
  const names = new Set(await chosenModels(session, own, flags));
  const models = own.models.filter(({ name, tests }) => names.has(name) && tests.length > 0);
  const total = models.reduce((sum, model) => sum + checksOf(model).length, 0);
  const counts: Record<State, number> = { PASS: 0, WARN: 0, FAIL: 0, ERROR: 0 };
  let index = 0;
  await withWarehouse(session, async (warehouse) => {
    for (const model of models)
      for await (const { check, state, detail } of outcomes(model, warehouse, settings.warehouse.query)) {
        counts[state]++;
        index++;
        const place = `${String(index).padStart(String(total).length)} of ${total}`;
        terminal.line(`${place} ${state.padEnd(5)} ${model.name}  ${check}${detail && `  ${detail}`}`);
      }
  });
  const { PASS, WARN, FAIL, ERROR } = counts;
  terminal.line(`Done. PASS=${PASS} WARN=${WARN} FAIL=${FAIL} ERROR=${ERROR} TOTAL=${total}`);
  return FAIL + ERROR > 0 ? 1 : 0;
}

function checksOf(model: CompiledModel) {
  return model.tests.flatMap((test) => test.checks);
}

async function* outcomes(
  model: CompiledModel,
  warehouse: QueryTarget,
  limits: { timeout_ms: number },
): AsyncGenerator<{ check: string; state: State; detail: string }> {
  for (const { sql, checks } of model.tests) {
    const answer = await warehouse
      .query(sql, { maxRows: 1, timeoutMs: limits.timeout_ms })
      .catch((error: unknown) => errorMessage(error));
    for (const [i, { name, severity }] of checks.entries()) {
      if (typeof answer === "string") {
        yield { check: name, state: "ERROR", detail: answer };
        continue;
      }
      const failures = Number(answer.rows[0]?.[i] ?? 0);
      const bad = severity === "warn" ? "WARN" : "FAIL";
      const detail = failures === 0 ? "" : `${failures} ${failures === 1 ? "row" : "rows"}`;
      yield { check: name, state: failures === 0 ? "PASS" : bad, detail };
    }
  }
}
