import type { ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Segment, User, World } from "@lifecycle/simulation";
import type { ExportJob } from "./exports.ts";
import { sendJson } from "./http.ts";
import type { SandboxState } from "./state.ts";
import { collectRecords } from "./views/user-records.ts";
import { type ZipEntry, zip } from "./zip.ts";

/** Users in one file of an export. */
const USERS_PER_FILE = 5_000;

/** Answers the link of an export: 404 until it is ready and after it has expired. No key is needed, as with S3. */
export async function answerExport(state: SandboxState, url: URL, response: ServerResponse): Promise<void> {
  const prefix = /^\/__exports\/(.+)\.zip$/.exec(url.pathname)?.[1] ?? "";
  const job = state.exports.ready(prefix);
  if (!job) return sendJson(response, 404, { message: "Not Found" });
  response.writeHead(200, { "content-type": "application/zip" });
  for (const chunk of zip(filesOf(state.world, job))) {
    if (response.destroyed) return;
    response.write(chunk);
    await nextTurn();
  }
  response.end();
}

/** Whom the job exports, in order of signing up. */
function* usersOf(world: World, job: ExportJob): Generator<User> {
  const { audience, calendar } = world;
  const day = calendar.dayOf(job.nowMs);
  const segment: Segment | undefined = audience.catalogue.segments.find(({ id }) => id === job.segmentId);
  for (const user of audience.members(segment, day)) {
    if (segment || audience.population.isGlobalControl(user.number)) yield user;
  }
}

/** Files of newline-delimited JSON. From the second on each repeats the last user before it: rare, but it happens. */
function* filesOf(world: World, job: ExportJob): Generator<ZipEntry> {
  const users = [...usersOf(world, job)];
  for (let at = 0, file = 0; at < users.length || file === 0; at += USERS_PER_FILE, file++) {
    const part = users.slice(Math.max(0, at - (file > 0 ? 1 : 0)), at + USERS_PER_FILE);
    const lines: string[] = [];
    for (const record of collectRecords(world, part, job.fields, job.nowMs))
      lines.push(`${JSON.stringify(record)}\n`);
    yield { name: `${String(file).padStart(5, "0")}.txt`, data: Buffer.from(lines.join("")) };
  }
}
