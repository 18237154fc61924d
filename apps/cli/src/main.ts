import { readFileSync } from "node:fs";
import { errorMessage, InputError } from "@lifecycle/contracts";
import { EXIT, exitCodeOf } from "@lifecycle/runtime";
import { Command, InvalidArgumentError } from "commander";
import { backfill, controlBackfill, listBackfills } from "./commands/backfill.ts";
import { dropLetters, listLetters, retryLetters } from "./commands/dead-letter.ts";
import { doctor } from "./commands/doctor.ts";
import { erase } from "./commands/erase.ts";
import { fleet } from "./commands/fleet.ts";
import { plan } from "./commands/plan.ts";
import { query } from "./commands/query.ts";
import { replay } from "./commands/replay.ts";
import { run } from "./commands/run.ts";
import { sandbox } from "./commands/sandbox.ts";
import { schedules } from "./commands/schedules.ts";
import { start } from "./commands/start.ts";
import { status } from "./commands/status.ts";
import { addExperimentCommands } from "./experiment-commands.ts";
import { addLookupCommands } from "./lookup-commands.ts";
import { addModelCommands } from "./model-commands.ts";
import { openSession, type Session } from "./session.ts";

/** npx shows its own help and version for --help and --version, so both are commands too. */
function versionOf(): string {
  const path = new URL("../../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

const program = new Command("lifecycle")
  .description("Lifecycle analytics from Braze: pull, load, model, judge, publish.")
  .helpCommand("help [command]", "what a command does and takes")
  .version(versionOf(), "-V, --version", "the version of this product")
  .showHelpAfterError("(lifecycle help lists the commands)")
  // Before the first command is added: each takes it over.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.usage))
  .addHelpText(
    "after",
    `
Exit codes: 0 done · 1 failed · 2 partial (something is missing, the rest is published) · 64 wrong input
            69 something it needs is not available · 78 unusable settings · 130 interrupted`,
  );

// Whoever reads a pipe may have read enough (`| head`): then there is nobody left to tell, and nothing went wrong.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

/** A command's action: opens the session, runs, closes everything, ends with the code. */
function act<Args extends unknown[]>(body: (session: Session, ...args: Args) => Promise<number> | number) {
  return async (...args: Args): Promise<void> => {
    let session: Session | undefined;
    let exitCode: number;
    try {
      session = openSession();
      exitCode = await body(session, ...args);
    } catch (error) {
      if (session?.shutdown.signal.aborted) return;
      console.error(error instanceof InputError ? error.message : `Stopped: ${errorMessage(error)}`);
      session?.logger.error({ err: error }, "command failed");
      exitCode = exitCodeOf(error);
    }
    await written(process.stdout);
    if (session) await session.shutdown.stop("done", exitCode);
    else process.exitCode = exitCode;
  };
}

/** Waits until all that was said is written: a pipe that the launcher shares may take it in pieces, and what waits is lost at the end. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 64)
    throw new InvalidArgumentError("expected a whole number from 1 to 64");
  return value;
};

program
  .command("start")
  .description("the whole pipeline once, for every workspace")
  .action(act((session) => start(session)));
program
  .command("fleet")
  .description("stay up: producer, extract workers, warehouse worker, board")
  .option("--workers <n>", "extract workers", count, 2)
  .action(act((session, flags: { workers: number }) => fleet(session, flags)));
const ofPipeline = (name: string, description: string) =>
  program
    .command(`${name} <pipeline>`)
    .description(description)
    .option("--file <path>", "the file of a file pipeline")
    .option("--from <day>", "first day, YYYY-MM-DD")
    .option("--to <day>", "last day, included")
    .option("--full", "also days that were final when they were read before")
    .option("--workspace <name>", "default: the first of the settings");
ofPipeline("run", "one run of a pipeline of config/pipelines, followed to its end").action(
  act((session, pipeline: string, flags) => run(session, pipeline, flags)),
);
ofPipeline("plan", "what a run would cost: calls, share of the pool, time, rows; runs nothing").action(
  act((session, pipeline: string, flags) => plan(session, pipeline, flags)),
);
const backfills = program
  .command("backfill")
  .description(
    "days before today, at low priority: prints its quote, asks, and goes on after an interruption",
  )
  .option("--from <day>", "first day, YYYY-MM-DD")
  .option("--to <day>", "last day, included")
  .option("--campaign <id...>", "only these campaigns or Canvases")
  .option("--resources <slug...>", "only these resources")
  .option("--workspace <name>", "default: the first of the settings")
  .option("--yes", "do not ask")
  .action(act((session, flags) => backfill(session, flags)));
backfills
  .command("list")
  .description("every backfill and where it stands")
  .action(act((session) => listBackfills(session)));
for (const [name, state, description] of [
  ["pause", "paused", "begin nothing new of it"],
  ["resume", "go", "go on with it"],
  ["cancel", "cancelled", "end it with what has landed"],
] as const)
  backfills
    .command(`${name} <run>`)
    .description(description)
    .action(act((session, runId: string) => controlBackfill(session, runId, state)));
program
  .command("replay <run>")
  .description("the same window as a new pass, every day of it")
  .action(act((session, runId: string) => replay(session, runId)));
const deadLetters = program
  .command("dead-letter")
  .description("work that was given up: see it, ask for it again, or do without it");
for (const [name, description, body] of [
  ["list", "what is missing, and why", listLetters],
  ["retry", "ask for it again; of an ended run, everything it lacks", retryLetters],
  ["drop", "do without it", dropLetters],
] as const)
  deadLetters
    .command(name)
    .description(description)
    .option("--queue <name>", "only of this queue")
    .option("--reason <code>", "only with this code, such as braze.server_error or braze")
    .option("--campaign <id or name>", "only of this campaign or Canvas")
    .option("--run <run>", "only of this run")
    .option("--all", "retry, drop: without any other filter, everything")
    .option("--past", "list: also what ended runs lacked and a later pass has done again")
    .action(act((session, flags) => body(session, flags)));
program
  .command("status [run]")
  .description("the latest runs, or one")
  .option("--json", "for machines")
  .action(act((session, runId: string | undefined, flags) => status(session, runId, flags)));
program
  .command("query [sql]")
  .description("one SELECT in BigQuery SQL over the published tables")
  .option("--file <path>", "read the SELECT from a file, such as sql/queries/campaign_totals.sql")
  .option("--tables [name]", "instead of asking: which tables there are, or the columns of one")
  .option("--json", "for machines")
  .action(act((session, sql: string | undefined, flags) => query(session, sql, flags)));
program
  .command("erase [identifiers...]")
  .description(
    "remove every row of a person: external ids, e-mail addresses, phone numbers, as they were given to Braze",
  )
  .option("--file <path>", "identifiers, one a line")
  .option("--dry-run", "only say where they are")
  .option("--yes", "do not ask")
  .action(act((session, identifiers: string[], flags) => erase(session, identifiers, flags)));
addExperimentCommands(program, act);
addModelCommands(program, act);
addLookupCommands(program, act);
program
  .command("schedules")
  .description("what runs by the clock")
  .action(act((session) => schedules(session)));
program
  .command("sandbox")
  .description("the local Braze alone, until Ctrl-C; flags as in apps/sandbox/README.md")
  .allowUnknownOption()
  .allowExcessArguments()
  .action(act((session) => sandbox(session, process.argv.slice(3))));
program
  .command("doctor")
  .description("checks what the product needs; each line ok, warn or fail, with the fix")
  .action(act((session) => doctor(session)));

program
  .command("version")
  .description("the version of this product")
  .action(() => console.log(versionOf()));

/** `help models run` as `models run --help`: Commander's own `help` goes no deeper than one command. */
const asked = process.argv.slice(2);
await program.parseAsync(asked[0] === "help" && asked.length > 2 ? [...asked.slice(1), "--help"] : asked, {
  from: "user",
});
