import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install, PROJECT } from "./installation.ts";

/** The advertisement test through the command line, over so many generated users. */
export function describeAdClicks(users: number): void {
  describe(`${users} generated users of an advertisement test`, () => {
    let at: Installation;
    let config: string;
    beforeAll(async () => {
      config = await configFor(users);
      at = await install(inject("redisUrl"), {
        LIFECYCLE_NOW: "2026-06-30T12:00:00Z",
        LIFECYCLE__PIPELINES__PATH: join(config, "pipelines"),
      });
      await at.sandbox("--now", "2026-06-30T12:00:00Z", "--campaigns", "1", "--canvases", "1");
      await at.fleet("--workers", "1");
    });
    afterAll(async () => {
      await at.close();
      await rm(config, { recursive: true, force: true });
    });

    it("gives back the planted rates, uplift, z, p and a win, and the same when it is run again", async () => {
      const { code, stdout, stderr } = await at.cli("run", "ad-clicks");
      expect(stderr).toBe("");
      expect(code).toBe(0);
      expect(stdout).toContain("Generated data, not real");
      expect(stdout).toMatch(/treatment.*ship/);
      const first = await results(at);
      const treatment = first.find((row) => row.arm_id === "treatment")!;
      const [n, nc, value, base] = [
        treatment.n,
        treatment.control_n,
        treatment.value,
        treatment.control_value,
      ].map(Number) as [number, number, number, number];
      expect(n + nc).toBe(users);
      // Planted 15 % and 18 %: four standard errors.
      expect(Math.abs(base - 0.15)).toBeLessThan(4 * Math.sqrt((0.15 * 0.85) / nc));
      expect(Math.abs(value - 0.18)).toBeLessThan(4 * Math.sqrt((0.18 * 0.82) / n));
      const pooled = (value * n + base * nc) / users;
      const z = (value - base) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / nc));
      expect(Number(treatment.z)).toBeCloseTo(z, 9);
      expect(Number(treatment.lift)).toBeCloseTo(value / base - 1, 9);
      expect(Number(treatment.p_value)).toBeLessThan(1e-10);
      expect(treatment).toMatchObject({ verdict: "win", decision: "ship" });

      expect((await at.cli("run", "ad-clicks")).code).toBe(0);
      expect(await results(at)).toEqual(first);
      const [{ units } = { units: 0 }] = await at.query("select count(*) as units from exp_assignment");
      expect(Number(units)).toBe(users);
      const said = await at.query(
        "select decision, is_newest from exp_verdict_history order by evaluated_at",
      );
      // The same counts again are no other look, and nothing new is said.
      expect(said.map(({ decision, is_newest }) => [decision, is_newest])).toEqual([["ship", true]]);
    });

    it("can be shown, judged again and planned from at the command line", async () => {
      const list = await at.cli("experiments", "list", "--json");
      expect(JSON.parse(list.stdout)).toMatchObject([
        { experiment_id: "main__file__ad-clicks", decision: "ship" },
      ]);
      const shown = await at.cli("experiments", "show", "main__file__ad-clicks");
      expect(shown.stdout).toContain("treatment may be shipped");
      const judged = await at.cli("experiments", "evaluate", "main__file__ad-clicks", "--json");
      expect(JSON.parse(judged.stdout).verdicts).toMatchObject([{ decision: "ship" }]);
      const planned = await at.cli(
        "experiments",
        "power",
        "--like",
        "main__file__ad-clicks",
        "--lift",
        "0.05",
      );
      expect(planned.stdout).toMatch(/people per arm/);
      expect(await at.cli("experiments", "show", "main__campaign__none")).toMatchObject({
        code: 64,
        stderr: expect.stringContaining("main__campaign__none"),
      });
      expect((await at.cli("experiments", "power", "--baseline", "7", "--lift", "0.1")).code).toBe(64);
    });
  });
}

/** The reviewed configuration with a sample of this size. */
async function configFor(users: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lifecycle-config-"));
  await cp(join(PROJECT, "config"), folder, { recursive: true });
  const file = join(folder, "pipelines/ad-clicks.yaml");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/rows: \d+/, `rows: ${users}`));
  return folder;
}

async function results(at: Installation): Promise<Record<string, unknown>[]> {
  return at.query(
    "select arm_id, n, x, control_n, value, control_value, lift, z, p_value, verdict, decision from exp_result where segment = 'all' order by arm_id",
  );
}
