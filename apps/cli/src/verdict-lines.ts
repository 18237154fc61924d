import type { RecordedVerdict, Tally } from "@lifecycle/experiments";
import { formatTable } from "./terminal.ts";

type Listed = Pick<
  RecordedVerdict,
  "experiment_id" | "experiment_name" | "arm_id" | "arm_name" | "decision" | "reason" | "next_look_date"
>;

/** What asks most of its reader first, in the order of the tally: a line per experiment, under it one per arm. Fits 80 characters. */
export function verdictLines(newest: readonly Listed[], tally: readonly Tally[], width: number): string[] {
  const urgency = new Map(tally.map(({ decision }, i) => [decision, i]));
  const nameOf = ({ experiment_name, experiment_id }: Listed) => experiment_name ?? experiment_id;
  const armOf = ({ arm_id, arm_name }: Listed) => (arm_id === "all" ? "all arms" : (arm_name ?? arm_id));
  const byUrgency = (a: Listed, b: Listed) =>
    urgency.get(a.decision)! - urgency.get(b.decision)! ||
    armOf(a).localeCompare(armOf(b), "en", { numeric: true });
  const groups = [...Map.groupBy(newest, ({ experiment_id }) => experiment_id).values()]
    .map((own) => own.toSorted(byUrgency))
    .toSorted(
      ([a], [b]) =>
        urgency.get(a!.decision)! - urgency.get(b!.decision)! || nameOf(a!).localeCompare(nameOf(b!)),
    );
  const rows = groups.flat().map((row) => [row.decision, armOf(row), row.next_look_date ?? "", row.reason]);
  const [header, rule, ...arms] = formatTable(["decision", "arm", "look again", "reason"], rows).split("\n");
  const under = groups.flatMap((own) => {
    const [name, id] = [nameOf(own[0]!), own[0]!.experiment_id];
    const beside = name.length + id.length + 2 <= width ? "  " : "\n";
    const title = name === id ? id : `${name}${beside}${id}`;
    return [title, ...arms.splice(0, own.length).map((line) => `  ${line}`)];
  });
  return [`  ${header}`, `  ${rule}`, ...under];
}
