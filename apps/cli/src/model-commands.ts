import type { Command } from "commander";
import { compileModels } from "./commands/models-compile.ts";
import { docsOfModels } from "./commands/models-docs.ts";
import { listModels } from "./commands/models-list.ts";
import { releaseModels } from "./commands/models-release.ts";
import { type RunModelsFlags, runModelsCommand } from "./commands/models-run.ts";
import { testModels } from "./commands/models-test.ts";
import type { SelectFlags } from "./models/open-models.ts";
import type { Act } from "./session.ts";

/** `lifecycle models …`: what dbt's users call ls, compile, run, test and docs. */
export function addModelCommands(program: Command, act: Act): void {
  const models = program
    .command("models")
    .description("the SQL models: list, compile, run, test, release, document");
  const command = (name: string, description: string) => models.command(name).description(description);
  const selecting = (name: string, description: string) =>
    command(name, description)
      .option(
        "-s, --select <selector...>",
        "name, +name (and what it needs), name+ (and what needs it), stg_*, tag:x, changed, all; spaces add up, a comma means both",
      )
      .option("--exclude <selector...>", "leave these out");
  selecting("list", "name, kind, tags, what each depends on")
    .alias("ls")
    .option("--json", "for machines")
    .action(act((session, flags: SelectFlags & { json?: boolean }) => listModels(session, flags)));
  selecting("compile", "check every model and write its SQL for both engines")
    .option("--out <folder>", "default: output/compiled")
    .action(act((session, flags: SelectFlags & { out?: string }) => compileModels(session, flags)));
  selecting("run", "build, test, and publish what is published")
    .alias("build")
    .option("--full-refresh", "from scratch, also what is up to date")
    .option("--dry-run", "only say what would be built; writes the compiled SQL, on BigQuery asks for bytes")
    .action(act((session, flags: RunModelsFlags) => runModelsCommand(session, flags)));
  selecting("test", "ask the tests of the tables as they stand").action(
    act((session, flags: SelectFlags) => testModels(session, flags)),
  );
  command(
    "release [table...]",
    "publish tables kept back because columns were dropped or changed type; alone: list them",
  ).action(act((session, tables: string[]) => releaseModels(session, tables)));
  command("docs", "one HTML page: lineage, columns, tests, freshness, SQL of both engines")
    .option("--out <file>", "default: output/models.html")
    .action(act((session, flags: { out?: string }) => docsOfModels(session, flags)));
}
