import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { activity, install } from "../e2e/support/installation.ts";

const NOW = "2026-06-30T12:00:00Z";

type Row = Record<string, unknown>;

it("a key that lacks a scope turns its resource off, and the run is complete without it", async () => {
  const other = await install(inject("redisUrl"), {
    LIFECYCLE_NOW: NOW,
    BRAZE_API_KEY: "a-key-of-few-scopes",
  });
  try {
    const sandbox = await other.sandbox(
      ...["--now", NOW, "--time-zone", "UTC", "--campaigns", "2", "--canvases", "1"],
      ...["--days", "5", "--users", "20000"],
      ...["--key", "a-key-of-few-scopes", "--scopes", "campaigns.list,campaigns.data_series,canvas.list"],
    );
    other.env.BRAZE_BASE_URL = sandbox.url;
    const { stdout, code } = await other.cli("run", "braze", "--from", "2026-06-26", "--to", "2026-06-30");
    expect(stdout).toMatch(/complete: [\d,]+ parts landed/);
    expect(code).toBe(0);
    // The first lines, before anything is asked for.
    expect(stdout).toMatch(
      /3 Braze resources are on\n {2}off: campaigns-details: the key lacks the permission campaigns\.details/,
    );
    const found = JSON.parse((await other.cli("experiments", "list", "--json")).stdout) as Row[];
    const id = String(found[0]?.experiment_id);
    const misspelt = id.replace("main__", "mian__");
    await writeFile(join(other.home, "config/experiments.yaml"), `experiments: { ${misspelt}: {} }\n`);
    const doctor = await other.cli("doctor");
    expect(doctor.stdout).toMatch(
      new RegExp(`warn +experiments\\.yaml +Nothing is known of ${misspelt}: .* Did you mean ${id}\\?`),
    );
    const { health } = JSON.parse((await other.cli("experiments", "evaluate", id, "--json")).stdout);
    expect(health.find((check: Row) => check.check_name === "freshness")).toMatchObject({ status: "pass" });
    expect(doctor.stdout).toMatch(/ok +Braze main +campaigns-list\n/);
    expect(doctor.stdout).toMatch(
      /warn +Braze main +canvas-details is off: the key lacks the permission canvas\.details/,
    );
    expect(doctor.stdout).toMatch(
      /ok +Braze main +off, because not listed in config.*: .*users-export-segment/,
    );
    const log = (await activity(other.home)).filter(({ msg }) => String(msg).includes(" is off: "));
    expect(new Set(log.map(({ resource }) => resource))).toEqual(
      new Set(["campaigns-details", "canvas-details", "canvas-data-series"]),
    );
    for (const { reason } of log) expect(reason).toMatch(/lacks the permission (campaigns|canvas)\./);
    expect((await other.query("select * from agg_campaign_daily")).length).toBeGreaterThan(0);
  } finally {
    await other.close();
  }
});
