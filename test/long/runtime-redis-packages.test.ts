import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadSettings, probeRedis, provideRedis, silentLogger } from "@lifecycle/runtime";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** Needs a Debian or Ubuntu whose package source can be reached; elsewhere the test is skipped. */
function aptAnswers(): boolean {
  try {
    return /^Inst|newest version/m.test(
      execFileSync("apt-get", ["-s", "install", "redis-server"], { encoding: "utf8" }),
    );
  } catch {
    return false;
  }
}

const ROOT = resolve(import.meta.dirname, "../..");
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "redis-packages-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it.skipIf(!aptAnswers())(
  "without an installed Redis the distribution's packages are unpacked and run, also without package lists",
  async () => {
    const noLists = join(home, "no-lists");
    mkdirSync(join(noLists, "partial"), { recursive: true });
    const aptConfig = join(home, "apt.conf");
    writeFileSync(aptConfig, `Dir::State::lists "${noLists}";\n`);
    vi.stubEnv("APT_CONFIG", aptConfig);
    const project = join(home, "project");
    mkdirSync(join(project, "config"), { recursive: true });
    writeFileSync(join(project, "config/settings.yaml"), readFileSync(join(ROOT, "config/settings.yaml")));
    const env = { LIFECYCLE__REDIS__USE_LOCAL: "false", LIFECYCLE__REDIS__USE_INSTALLED: "false" };
    try {
      const redis = await provideRedis(loadSettings({ cwd: project, env }), { logger: silentLogger });
      expect(redis.provided).toBe(true);
      expect((await probeRedis(redis.url)).evictionPolicy).toBe("noeviction");
      expect(existsSync(join(project, ".runtime/redis-packages/root/usr/bin/redis-server"))).toBe(true);
      await redis.stop();
    } finally {
      vi.unstubAllEnvs();
    }
  },
);
