import type { DeadLetter, RunStatus, SettledRun } from "@lifecycle/contracts";
import { counted } from "./terminal.ts";

/** Exit codes of commands that run something; the rest are runtime's `EXIT`. */
export const RUN_EXIT: Record<RunStatus, number> = { complete: 0, partial: 2, failed: 1 };

/** The worse of two exit codes of runs: failed, then partial, then complete. */
export function worseExit(a: number, b: number): number {
  const rank = [RUN_EXIT.complete, RUN_EXIT.partial, RUN_EXIT.failed];
  return rank.indexOf(a) > rank.indexOf(b) ? a : b;
}

const SHOWN = 10;

/** What became of a run, in lines for a person. */
export function describeOutcome(settled: SettledRun): string[] {
  const { status, landedParts, loadedRows, rejectedRows, missing } = settled;
  const rejected = rejectedRows > 0 ? `, ${counted(rejectedRows, "row")} set aside` : "";
  const lines = [
    `  ${status}: ${counted(landedParts, "part")} landed, ${counted(loadedRows, "row")} loaded${rejected}`,
  ];
  const reasons = [...Map.groupBy(missing, nameOf)].map(
    ([name, letters]) => `    missing ${name}: ${letters[0]!.message}`,
  );
  lines.push(...reasons.slice(0, SHOWN));
  if (reasons.length > SHOWN)
    lines.push(`    … and ${reasons.length - SHOWN} more (lifecycle status ${settled.runId})`);
  return lines;
}

const NAMES: Record<string, string> = {
  plan: "everything: the lists could not be read",
  transform: "the tables: a model could not be built",
  publish: "the tables: they could not be published",
};

function nameOf(letter: DeadLetter): string {
  // A file that is refused once its values have been cast: no model is to blame.
  if (letter.code.startsWith("source.")) return "what the file holds";
  if (letter.objectName) return `${letter.objectName} (${letter.resource}, ${letter.objectId})`;
  return NAMES[letter.work] ?? letter.work;
}
