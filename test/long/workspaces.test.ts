import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { diskLanding } from "@lifecycle/landing";
import { afterAll, describe, expect, inject, it } from "vitest";
import type { Installation } from "../e2e/support/installation.ts";
import { windowUse } from "../e2e/support/rate-windows.ts";
import { ask, publishedTables, settled } from "../e2e/support/runs.ts";
import { sandboxLog } from "../e2e/support/sandbox-log.ts";
import { expectTruth } from "../e2e/support/truth.ts";
import { installWorkspaces, type WorkspaceSpec } from "../e2e/support/workspaces.ts";

/** The afternoon of 30 June in the west is the morning of 1 July in the east. */
const NOW = "2026-06-30T20:00:00Z";
const FIRST_DAY = "2026-01-01";
const TODAY: Record<string, string> = { west: "2026-06-30", east: "2026-07-01" };
const AFTER: Record<string, string> = { west: "2026-07-01", east: "2026-07-02" };
/** Of one seed, so that both have objects of the same ids: only the workspace tells them apart. */
const world = ["--now", NOW, "--campaigns", "12", "--canvases", "8", "--days", "200", "--users", "20000"];
const SPECS: readonly WorkspaceSpec[] = [
  { name: "west", timeZone: "America/Los_Angeles", limit: 40, windowSeconds: 1, world },
  { name: "east", timeZone: "Asia/Tokyo", limit: 40, windowSeconds: 2, world },
];
const NAMES = SPECS.map(({ name }) => name);

describe("two workspaces with limits and time zones of their own", () => {
  const open: Installation[] = [];
  afterAll(() => Promise.all(open.map((at) => at.close())));

  /** Runs of the workspaces named, asked for at the same time of the same fleet. */
  async function pull(names: readonly string[]) {
    const { at, urls } = await installWorkspaces(inject("redisUrl"), SPECS, { LIFECYCLE_NOW: NOW });
    open.push(at);
    const fleet = await at.fleet("--workers", "2");
    const runIds = await Promise.all(
      names.map((workspace) => ask(at, { from: FIRST_DAY, until: AFTER[workspace]! }, { workspace })),
    );
    for (const runId of runIds) expect((await settled(at, runId)).status).toBe("complete");
    await fleet.stop();
    return { at, urls, runIds };
  }

  it("give their keys to the processes that read Braze, and to no other", async () => {
    const { at } = await installWorkspaces(inject("redisUrl"), SPECS, {
      LIFECYCLE_NOW: NOW,
      LIFECYCLE__BOARD__API_TOKEN: "a-token-for-the-board",
    });
    open.push(at);
    const fleet = await at.fleet("--workers", "1");
    const secrets = ["key-of-west-workspace", "key-of-east-workspace", "a-token-for-the-board"];
    const held: Record<string, string[]> = {};
    for (const role of ["producer", "warehouse", "extract-1", "board"]) {
      const environment = await readFile(`/proc/${await fleet.pid(role)}/environ`, "utf8");
      held[role] = secrets.filter((secret) => environment.includes(secret));
    }
    await fleet.stop();
    expect(held).toEqual({
      producer: [],
      warehouse: [],
      "extract-1": ["key-of-west-workspace", "key-of-east-workspace"],
      board: ["a-token-for-the-board"],
    });
  });

  it("read at once, they publish exactly what each publishes alone, and no row of one stands with the other", async () => {
    const { at, urls, runIds } = await pull(NAMES);
    for (const [i, name] of NAMES.entries()) {
      const url = urls[name]!;
      await expectTruth(at, url, { from: FIRST_DAY, to: TODAY[name]! }, { workspace: name });
      // Nobody came with the other's key (401) or over the limit (429); 400 is what a check of permissions asks for.
      const statuses = new Set((await sandboxLog(url)).map(({ status }) => status));
      expect(statuses.difference(new Set([200, 400]))).toEqual(new Set());
      expect((await windowUse(url, "default")).worstReceived).toBeLessThanOrEqual(1.005);
      await expectOwnRows(at, name, runIds[i]!);
    }
    const days = await at.query(
      "select workspace, min(activity_date)::varchar as first, max(activity_date)::varchar as last, count(distinct campaign_id)::int as campaigns from agg_campaign_daily group by 1 order by 1",
    );
    expect(days).toEqual(
      NAMES.toSorted().map((workspace) => ({
        workspace,
        first: FIRST_DAY,
        last: TODAY[workspace],
        campaigns: 12,
      })),
    );
    const together = await publishedTables(at);
    const alone = await Promise.all(NAMES.map(async (name) => publishedTables((await pull([name])).at)));
    for (const [table, rows] of Object.entries(together)) {
      expect(rows.length, table).toBeGreaterThan(0);
      expect(rows, table).toEqual(alone.flatMap((tables) => tables[table]!).toSorted());
    }
  });
});

/** Every landed row of a workspace carries its name, its run, and the state that its own day gives. */
async function expectOwnRows(at: Installation, workspace: string, runId: string): Promise<void> {
  const landing = diskLanding(join(at.home, "data"));
  const manifests = await at.ledger.readManifests(runId, await at.ledger.listLanded(runId));
  expect(new Set(manifests.map(({ sourceDate }) => sourceDate))).toEqual(new Set([TODAY[workspace]]));
  const owners = new Set<string>();
  for (const file of manifests.flatMap(({ files }) => files))
    for await (const row of landing.readPart(file)) owners.add(`${row.workspace} ${row._run_id}`);
  expect([...owners]).toEqual([`${workspace} ${runId}`]);
  expect(await readdir(join(at.home, "data/landing", workspace))).toContain("braze");
}
