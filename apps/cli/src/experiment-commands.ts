import { type Command, InvalidArgumentError, Option } from "commander";
import {
  evaluateExperiment,
  listExperiments,
  type PowerFlags,
  power,
  showExperiment,
} from "./commands/experiments.ts";
import type { Act } from "./session.ts";

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number");
  return value;
};

const positive = (text: string): number => {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError("expected a number above 0");
  return value;
};

const notNegative = (text: string): number => {
  const value = number(text);
  if (value < 0) throw new InvalidArgumentError("expected 0 or more");
  return value;
};

/** Arms: a control and at least one treatment. */
const arms = (text: string): number => {
  const value = number(text);
  if (!Number.isInteger(value) || value < 2 || value > 1_000)
    throw new InvalidArgumentError("expected a whole number from 2 to 1000");
  return value;
};

/** `lifecycle experiments …`. */
export function addExperimentCommands(program: Command, act: Act): void {
  const experiments = program
    .command("experiments")
    .description("every A/B test found, and what is said of it");
  experiments
    .command("list")
    .description("the newest verdict on every arm")
    .option("--json", "for machines")
    .action(act((session, flags: { json?: boolean }) => listExperiments(session, flags)));
  experiments
    .command("show <id>")
    .description("its numbers, checks, and what was said when")
    .option("--json", "for machines")
    .action(act((session, id: string, flags: { json?: boolean }) => showExperiment(session, id, flags)));
  experiments
    .command("evaluate <id>")
    .description("judge it now, with the definitions as they stand; stores nothing")
    .option("--json", "for machines")
    .action(act((session, id: string, flags: { json?: boolean }) => evaluateExperiment(session, id, flags)));
  experiments
    .command("power")
    .description("people and days a test needs, before it is sent")
    .option("--baseline <rate>", "the control's rate (0.05), or mean with --sd", number)
    .option("--like <id>", "take rate and pace from this experiment")
    .requiredOption("--lift <share>", "the smallest lift worth having: 0.1 is +10 %", number)
    .option("--sd <value>", "standard deviation of a person's value, for a mean", positive)
    .option("--alpha <level>", "two-sided", number, 0.05)
    .option("--power <share>", "chance to find it", number, 0.8)
    .option("--arms <n>", "with the control", arms, 2)
    .addOption(
      new Option("--looks <kind>", "when numbers are looked at")
        .choices(["fixed", "group_sequential", "confidence_sequence"])
        .default("group_sequential"),
    )
    .option("--per-day <n>", "new people a day, all arms", positive)
    .option("--audience <n>", "people there are at all", positive)
    .option("--window <days>", "days to convert", notNegative)
    .action(act((session, flags: PowerFlags) => power(session, flags)));
}
