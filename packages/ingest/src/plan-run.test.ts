import type { RunRequest } from "@lifecycle/contracts";
import { diskLanding, diskStore, openLedger } from "@lifecycle/landing";
import { silentLogger, withTemporaryFolder } from "@lifecycle/runtime";
import { expect, it } from "vitest";
import type { ExtractDeps } from "./extract-part.ts";
import { planRun } from "./plan-run.ts";
import type { Source, SourceResource } from "./source.ts";

const TODAY = "2026-03-31";
const request: RunRequest = {
  runId: "main__braze__20260301-20260401__p1",
  workspace: "main",
  pipeline: "braze",
  window: { from: "2026-03-01", until: "2026-04-01" },
  pass: 1,
  trigger: "cli",
  requestedBy: "somebody",
  requestedAt: `${TODAY}T12:00:00.000Z`,
  priority: 0,
};

const column = (name: string) => ({ name, type: "STRING" }) as const;
const list = {
  slug: "mails",
  object: { table: "raw_mail", idColumn: "id", nameColumn: "id" },
  targets: [{ table: "raw_mail", columns: [column("id")] }],
};
const details = {
  slug: "mail-details",
  parent: "mails",
  targets: [{ table: "raw_detail", columns: [column("id")] }],
};
const series = { slug: "mail-series", parent: "mails", window: { maxDays: 100 }, targets: [] };

/** One object that says it is restated for 20 days. */
function sourceOf(set: Partial<SourceResource>): Source {
  const common = { bucket: "default", lookbackDays: 30 };
  const rows: Record<string, { target: string; row: Record<string, unknown> }> = {
    mails: { target: "raw_mail", row: { id: "m" } },
    "mail-details": {
      target: "raw_detail",
      row: { id: "m", conversion_behaviors: [{ window: 20 * 86_400 }] },
    },
  };
  return {
    resources: [list, details, { ...series, ...set }].map((resource) => ({ ...common, ...resource })),
    extract: async function* (slug) {
      yield { rows: [rows[slug]!], rejected: [] };
    },
    today: () => TODAY,
  };
}

it.each([
  ["of the object, where nobody has said otherwise", {}, 20],
  ["of the settings, whatever the object says", { lookbackDays: 14, isLookbackSet: true }, undefined],
])("days that may be restated are those %s", async (_, set, expected) => {
  await withTemporaryFolder("plan-test", async (home) => {
    const deps = {
      ledger: openLedger(diskStore(home)),
      landing: diskLanding(home),
      source: sourceOf(set),
      personal: { policy: "keep" },
      logger: silentLogger,
      now: () => new Date(request.requestedAt),
    } as unknown as ExtractDeps;
    const plan = await planRun(deps, request, new AbortController().signal);
    const part = plan.parts.find(({ resource }) => resource === "mail-series");
    expect(part).toMatchObject({ objectId: "m", window: request.window });
    // Absent means the resource's own, which are those of the settings.
    expect(part?.lookbackDays).toBe(expected);
  });
});
