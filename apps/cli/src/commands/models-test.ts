import type { CheckOutcome, CompiledModel, ModelOutcome } from "@lifecycle/transform";
import { followModels } from "../models/follow-models.ts";
import { chosenModels, openCheckedModels, type SelectFlags } from "../models/open-models.ts";
import type { Session } from "../session.ts";

type State = "PASS" | "WARN" | "FAIL" | "ERROR";

/**
 * `lifecycle models test`: asks the tests and gates of tables as they stand, and changes none of them. What they say is kept like a run's,
 * in `ops_quality_result`. Returns 1 when one does not hold.
 */
export async function testModels(session: Session, flags: SelectFlags): Promise<number> {
  const { terminal } = session;
  const { own } = await openCheckedModels(session);
  const names = new Set(await chosenModels(session, own, flags));
  const models = own.models.filter((model) => names.has(model.name) && isTested(model));
  const select = models.map(({ name }) => name);
  const counts: Record<State, number> = { PASS: 0, WARN: 0, FAIL: 0, ERROR: 0 };
  if (select.length === 0) {
    terminal.line(`${names.size} models selected, none of them has a test.`);
    return 0;
  }
  const wanted = new Set(select);
  const onModel = (outcome: ModelOutcome) => {
    if (!wanted.has(outcome.name)) return;
    for (const { state, check, detail } of results(outcome)) {
      counts[state]++;
      terminal.line(`${state.padEnd(5)} ${outcome.name}  ${check}${detail && `  ${detail}`}`);
    }
  };
  const wantedRun = { models: { select, testOnly: true }, trigger: "cli" } as const;
  const { settled } = await followModels(session, wantedRun, onModel);
  const { PASS, WARN, FAIL, ERROR } = counts;
  if (FAIL + ERROR === 0) for (const { message } of settled.missing) terminal.line(`ERROR ${message}`);
  terminal.line(
    `Done. PASS=${PASS} WARN=${WARN} FAIL=${FAIL} ERROR=${ERROR} TOTAL=${PASS + WARN + FAIL + ERROR}`,
  );
  return settled.status === "complete" ? 0 : 1;
}

function isTested({ tests, gates, materialized }: CompiledModel): boolean {
  return materialized !== "ephemeral" && (tests.length > 0 || Object.keys(gates).length > 0);
}

function results({ tests, error }: ModelOutcome): { state: State; check: string; detail: string }[] {
  if (error && tests.length === 0) return [{ state: "ERROR", check: error.message, detail: "" }];
  return tests.map(({ name, severity, failures }: CheckOutcome) => {
    const bad = severity === "warn" ? "WARN" : "FAIL";
    const detail = failures === 0 ? "" : `${failures} ${failures === 1 ? "row" : "rows"}`;
    return { state: failures === 0 ? "PASS" : bad, check: name, detail };
  });
}
