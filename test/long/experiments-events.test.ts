import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stringify } from "yaml";
import { type Installation, install, PROJECT } from "../e2e/support/installation.ts";

const ID = "main__event__push";
const USERS = 3_000;
const day = (n: number) => new Date(Date.UTC(2026, 2, 1 + n)).toISOString().slice(0, 10);
const armOf = (user: number) => (user % 2 === 0 ? "control" : "push");

/** An experiment over events from two files, as `sql/README.md` says. */
describe("an experiment over the event stream", () => {
  let at: Installation;
  let config: string;
  beforeAll(async () => {
    config = await mkdtemp(join(tmpdir(), "lifecycle-config-"));
    await cp(join(PROJECT, "config"), config, { recursive: true });
    const metrics = { retention_day_7: { role: "primary" }, active_7d: { role: "secondary" } };
    const own = { control: "control", planned_shares: { control: 1, push: 1 }, metrics };
    await writeFile(join(config, "experiments.yaml"), stringify({ experiments: { [ID]: own } }));
    at = await install(inject("redisUrl"), { LIFECYCLE__PIPELINES__PATH: join(config, "pipelines") });
  });
  afterAll(async () => {
    await at?.close();
    await rm(config, { recursive: true, force: true });
  });

  const lines = (header: string, rows: string[]) => `${[header, ...rows].join("\n")}\n`;

  it("is known before anybody can be judged, and says so", async () => {
    const file = join(at.home, "assignments.csv");
    const rows = Array.from({ length: USERS }, (_, i) => `event__push,U_${i},${armOf(i)},${day(0)} 10:00:00`);
    await writeFile(file, lines("experiment,unit_id,arm_id,assigned_at", rows));
    expect(await at.cli("run", "assignments", "--file", file)).toMatchObject({ code: 0 });
    const said = await at.query(
      `select decision, problems from exp_verdict_history where is_newest and experiment_id = '${ID}'`,
    );
    expect(said).toMatchObject([{ decision: "keep_running", problems: null }]);
  });

  it("is judged on the seventh day once that has passed", async () => {
    const file = join(at.home, "events.csv");
    const header =
      "event_time,user_id,event_type,transaction_category,miles_amount,platform,utm_source,country";
    const rows = Array.from({ length: USERS }, (_, i) => {
      const back = (i >> 1) % 10 < (armOf(i) === "push" ? 5 : 3);
      const on = [day(0), ...(back ? [day(7)] : []), ...(i < 10 ? [day(9)] : [])];
      return on.map((date) => `${date} 12:00:00,U_${i},like,,,ios,,US`);
    });
    await writeFile(file, lines(header, rows.flat()));
    expect(await at.cli("run", "event-stream", "--file", file)).toMatchObject({ code: 0 });
    const [result] = await at.query(
      `select n, x, control_n, control_x, source, verdict from exp_result where experiment_id = '${ID}' and metric = 'retention_day_7' and not is_control`,
    );
    expect(result).toMatchObject({
      n: "1500",
      x: "750",
      control_n: "1500",
      control_x: "450",
      source: "event",
    });
    const shown = await at.cli("experiments", "show", ID);
    expect(shown.stdout).toContain("retention_day_7");
    expect(shown.stdout).toMatch(/ship/);
    expect((await at.cli("experiments", "list")).stdout).toContain(ID);
    expect(await readFile(join(at.home, "output/experiments", `${ID}.html`), "utf8")).toContain(
      "retention_day_7",
    );
  });
});
