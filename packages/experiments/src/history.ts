import type { Column } from "@lifecycle/contracts";
import type { FrozenCap } from "./cap.ts";
import { JUDGED_BY_SEQUENCE, type KeptSequence, SEEN_EARLY, seenEarly, sequenceOf } from "./kept-sequence.ts";
import { type ExperimentVerdictRow, experimentVerdictColumns } from "./result.ts";
import { asObjects, idFilter, MAX_ROWS, notOf, type Reader, type Row, toNumber, toText } from "./rows.ts";

/** A declared look that was taken, with what was said at it. */
export interface TakenLook<Said extends ExperimentVerdictRow = ExperimentVerdictRow> {
  readonly number: number;
  /** Matured units of all arms. */
  readonly units: number;
  readonly isFinal: boolean;
  readonly definitionHash: string;
  readonly dataHash: string;
  readonly verdicts: readonly Said[];
}

/** What was said of one experiment before. */
export interface History {
  /** In the order they were taken, those under rules that were changed since too; a corrected look counts once, as it was said last. */
  readonly looks: readonly TakenLook[];
  /** What was said last, arm by arm. */
  readonly newest: readonly ExperimentVerdictRow[];
  /** The newest sequential check of shares, by what the shares were checked against. */
  readonly srm: Readonly<Record<string, SrmSoFar>>;
  /** The values at which metrics are cut since an earlier evaluation, oldest first. */
  readonly caps: readonly FrozenCap[];
  /** Units at which it was looked at on any day while nothing could be claimed; looks declared later pay for them. */
  readonly seen: readonly number[];
  /** The intervals by which it was judged on any day, if it was: they go on deciding. */
  readonly sequence: KeptSequence | null;
}

/** The smallest p so far over counts that grew, and the newest of them by arm id. */
export interface SrmSoFar {
  readonly p: number;
  readonly observed: Readonly<Record<string, number>>;
}

export const NO_HISTORY: History = { looks: [], newest: [], srm: {}, caps: [], seen: [], sequence: null };

const NOT_SAID = new Set(["window_from", "window_until", "pass", "_run_id", "_load_id", "_extracted_at"]);
const COLUMNS = experimentVerdictColumns.columns.filter(({ name }) => !NOT_SAID.has(name));

/**
 * What was said of these experiments, from `raw_experiment_verdict`: the newest verdicts, those of every declared look, those that a
 * sequence gave before it could claim anything, and one of the first by which it could. What the run `except` wrote is its own first try and does not count.
 */
export async function readHistory(
  warehouse: Reader,
  ids: readonly string[],
  except: string | undefined,
): Promise<Map<string, History>> {
  if (ids.length === 0) return new Map();
  const names = [...COLUMNS.map(({ name }) => name), "_load_id"];
  const newest =
    "FIRST_VALUE(_load_id) OVER (PARTITION BY experiment_id ORDER BY _extracted_at DESC, pass DESC, _load_id DESC)";
  const first = `ROW_NUMBER() OVER (PARTITION BY experiment_id, CASE WHEN ${JUDGED_BY_SEQUENCE.sql} THEN 1 ELSE 0 END ORDER BY _extracted_at, pass, _load_id, arm_id)`;
  const others = notOf(except);
  const sql = `SELECT ${names.join(", ")} FROM ${warehouse.datasets.raw}.raw_experiment_verdict WHERE ${idFilter(ids)}${others} QUALIFY look IS NOT NULL OR _load_id = ${newest} OR (${SEEN_EARLY.sql}) OR (${JUDGED_BY_SEQUENCE.sql} AND ${first} = 1) ORDER BY experiment_id, _extracted_at, pass, _load_id, arm_id`;
  const rows = asObjects(names, await warehouse.query(sql, { maxRows: MAX_ROWS }));
  const wanted = new Set(ids);
  const byId = Map.groupBy(rows, ({ experiment_id }) => String(experiment_id));
  const srm = await readSrm(warehouse, ids, others);
  const caps = await readCaps(warehouse, ids, others);
  return new Map(
    [...wanted].map((id) => [
      id,
      {
        ...historyOf(byId.get(id) ?? []),
        srm: Object.fromEntries(srm.get(id) ?? []),
        caps: caps.get(id) ?? [],
      },
    ]),
  );
}

/** A split that was certainly broken once stays so, however well later units hide it: each check hands its smallest p on. */
async function readSrm(
  warehouse: Reader,
  ids: readonly string[],
  others: string,
): Promise<Map<string, [basis: string, so: SrmSoFar][]>> {
  const names = ["experiment_id", "basis", "value", "observed"];
  const newest =
    "ROW_NUMBER() OVER (PARTITION BY experiment_id, basis ORDER BY _extracted_at DESC, pass DESC, _load_id DESC) = 1";
  const sql = `SELECT ${names.join(", ")} FROM ${warehouse.datasets.raw}.raw_experiment_health WHERE check_name = 'srm_sequential' AND value IS NOT NULL AND basis IS NOT NULL AND observed IS NOT NULL AND ${idFilter(ids)}${others} QUALIFY ${newest} ORDER BY experiment_id, basis`;
  const rows = asObjects(names, await warehouse.query(sql, { maxRows: MAX_ROWS }));
  const byId = Map.groupBy(rows, ({ experiment_id }) => String(experiment_id));
  const soFar = (row: Row): SrmSoFar => ({
    p: toNumber(row.value) ?? 1,
    observed: JSON.parse(String(row.observed)),
  });
  return new Map([...byId].map(([id, own]) => [id, own.map((row) => [String(row.basis), soFar(row)])]));
}

/** Frozen once per metric and rule: the first counts, as in `int_experiment_cap`, which the models cut by. */
async function readCaps(
  warehouse: Reader,
  ids: readonly string[],
  others: string,
): Promise<Map<string, FrozenCap[]>> {
  const names = ["experiment_id", "metric", "cap_rule", "cap_value", "_extracted_at"];
  const first =
    "ROW_NUMBER() OVER (PARTITION BY experiment_id, metric, cap_rule ORDER BY _extracted_at, pass, _load_id) = 1";
  const sql = `SELECT experiment_id, metric, cap_rule, cap_value, CAST(_extracted_at AS STRING) FROM ${warehouse.datasets.raw}.raw_experiment_cap WHERE ${idFilter(ids)}${others} QUALIFY ${first} ORDER BY experiment_id, _extracted_at, metric, cap_rule`;
  const rows = asObjects(names, await warehouse.query(sql, { maxRows: MAX_ROWS }));
  const frozen = (row: Row): FrozenCap => ({
    metric: String(row.metric),
    rule: String(row.cap_rule),
    value: Number(row.cap_value),
    since: String(row._extracted_at).slice(0, 10),
  });
  const byId = Map.groupBy(rows, ({ experiment_id }) => String(experiment_id));
  return new Map([...byId].map(([id, own]) => [id, own.map(frozen)]));
}

/** Rows of one experiment, oldest first. */
function historyOf(rows: readonly Row[]): Pick<History, "looks" | "newest" | "seen" | "sequence"> {
  const said = [...Map.groupBy(rows, ({ _load_id }) => String(_load_id)).values()].map((own) =>
    own.map(toVerdict),
  );
  return {
    looks: looksOf(said),
    newest: said.at(-1) ?? [],
    seen: seenEarly(said),
    sequence: sequenceOf(said.flat()),
  };
}

/**
 * The declared looks among what was said, oldest first. The same look said once more under the same rules is a correction; under
 * changed rules, or of more people, it is another look at the numbers, whatever its number.
 */
export function looksOf<Said extends ExperimentVerdictRow>(
  said: readonly (readonly Said[])[],
): TakenLook<Said>[] {
  const looks: TakenLook<Said>[] = [];
  for (const verdicts of said) {
    const first = verdicts.find(({ look }) => look !== null);
    if (!first) continue;
    const units = Number(first.units ?? 0);
    const last = looks.at(-1);
    const isSame = last?.number === first.look && last.definitionHash === first.definition_hash;
    if (isSame && units <= last.units) looks.pop();
    looks.push({
      number: first.look!,
      units,
      isFinal: first.is_final_look === true,
      definitionHash: first.definition_hash,
      dataHash: first.data_hash,
      verdicts,
    });
  }
  return looks;
}

const READ: Partial<Record<Column["type"], (value: unknown) => unknown>> = {
  INT64: toNumber,
  FLOAT64: toNumber,
  BOOL: (value) => value,
};

function toVerdict(row: Row): ExperimentVerdictRow {
  const read = COLUMNS.map(({ name, type }) => [name, (READ[type] ?? toText)(row[name])]);
  return Object.fromEntries(read);
}

/**
 * Of what is said now, what was not said before: all arms of an experiment when one of them changed, else nothing. The same said of
 * the same counts is nothing new; between declared looks neither are more counts. A promise to look again that has passed is renewed.
 */
export function newlySaid(
  now: readonly ExperimentVerdictRow[],
  before: readonly ExperimentVerdictRow[],
  today: string | null,
): readonly ExperimentVerdictRow[] {
  const isSame = (row: ExperimentVerdictRow) => {
    const old = before.find(({ arm_id }) => arm_id === row.arm_id);
    if (!old || SAID.some((name) => (old[name] ?? null) !== (row[name] ?? null))) return false;
    const isBetweenLooks = row.looks !== "confidence_sequence" && row.look === null;
    if (!isBetweenLooks && old.data_hash !== row.data_hash) return false;
    const hasPassed = old.next_look_date !== null && today !== null && old.next_look_date < today;
    return !hasPassed || old.next_look_date === row.next_look_date;
  };
  return now.length === before.length && now.every(isSame) ? [] : now;
}

const SAID = ["decision", "reason", "problems", "is_winner", "tied_with", "look", "definition_hash"] as const;
