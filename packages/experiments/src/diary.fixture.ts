import type { ExperimentOverride } from "@lifecycle/contracts";
import type { ArmMetric } from "./arm-metric.ts";
import { campaignArm } from "./campaign-arm.fixture.ts";
import { resolveDefinition } from "./definition.ts";
import { type History, looksOf, NO_HISTORY, newlySaid } from "./history.ts";
import { judgeExperiment } from "./judge.ts";
import { seenEarly, sequenceOf } from "./kept-sequence.ts";
import type { ExperimentVerdictRow } from "./result.ts";

/** For tests: two arms of `n` people each. */
export const counts = (n: number, xc: number, xt: number, change: Partial<ArmMetric> = {}) => [
  campaignArm("c", n, xc, change),
  campaignArm("t", n, xt, change),
];

/** For tests: an experiment that is evaluated again and again: what is newly said is kept, as `exp_verdict_history` keeps it. */
export class Diary {
  rows: ExperimentVerdictRow[][] = [];
  readonly #own: ExperimentOverride;

  constructor(own: ExperimentOverride) {
    this.#own = own;
  }

  get #history(): History {
    return {
      looks: looksOf(this.rows),
      newest: this.rows.at(-1) ?? [],
      srm: {},
      caps: [],
      seen: seenEarly(this.rows),
      sequence: sequenceOf(this.rows.flat()),
    };
  }

  evaluate(arms: readonly ArmMetric[], change: ExperimentOverride = {}) {
    const definition = resolveDefinition({ ...this.#own, ...change });
    const history = this.rows.length === 0 ? NO_HISTORY : this.#history;
    const said = judgeExperiment({ arms, days: [], activity: [], definition, history, experiments: 1 });
    const fresh = newlySaid(said.verdicts, history.newest, arms[0]!.asOf);
    if (fresh.length > 0) this.rows.push([...fresh]);
    return { ...said, verdict: said.verdicts[0]!, isNew: fresh.length > 0 };
  }

  get looks() {
    return this.rows.map(([first]) => [first!.look, first!.units, first!.decision]);
  }
}

/** How wide the deciding interval is. */
export const width = ({ verdict }: ReturnType<Diary["evaluate"]>) =>
  verdict.decision_high! - verdict.decision_low!;
