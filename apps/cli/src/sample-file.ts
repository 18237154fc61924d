import { createWriteStream } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline as pipe } from "node:stream/promises";
import type { FilePipeline } from "@lifecycle/contracts";
import { completeFile } from "@lifecycle/runtime";
import { adClicks } from "@lifecycle/simulation";
import type { Session } from "./session.ts";

/**
 * The file that a run without `--file` reads, for a pipeline that declares a `sample`: generated data with planted truth. Written
 * once, complete or not at all; the same settings give the same bytes. Undefined for any other pipeline.
 */
export async function sampleFile(
  { settings, terminal }: Pick<Session, "settings" | "terminal">,
  { sample }: FilePipeline,
): Promise<string | undefined> {
  if (!sample) return undefined;
  const folder = join(settings.landing.path, "samples");
  const path = join(folder, `${sample.generator}-${sample.rows}-seed-${sample.seed}.csv`);
  if (!(await exists(path))) {
    await completeFile(path, (aside) => pipe(Readable.from(csvLines(sample)), createWriteStream(aside)));
  }
  terminal.line(`Generated data, not real: ${path}`);
  return path;
}

/** Lines are joined into blocks: half a million tiny writes would take longer than making the rows. */
function* csvLines({ rows, seed }: NonNullable<FilePipeline["sample"]>): Generator<string> {
  let block = "";
  let isFirst = true;
  for (const row of adClicks({ seed, users: rows })) {
    if (isFirst) block += `${Object.keys(row).join(",")}\n`;
    isFirst = false;
    block += `${Object.values(row).join(",")}\n`;
    if (block.length > 65_536) {
      yield block;
      block = "";
    }
  }
  yield block;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
