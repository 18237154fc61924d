import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { openQueues, queuePolicy } from "@lifecycle/queue";
import { freePort, loadSettings } from "@lifecycle/runtime";
import { describe, expect, inject, it, onTestFinished, vi } from "vitest";
import { ownHome, startBoard } from "./board-support.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const HAS_COMPOSE = spawnSync("docker-compose", ["version"], { timeout: 120_000 }).status === 0;

describe("docker-compose.yml", () => {
  const config = (...args: string[]) =>
    spawnSync("docker-compose", [...args, "config"], { cwd: ROOT, encoding: "utf8", timeout: 120_000 });

  it.skipIf(!HAS_COMPOSE)("is valid, with and without the sandbox (skipped without docker-compose)", () => {
    const quiet = spawnSync("docker-compose", ["config", "-q"], {
      cwd: ROOT,
      encoding: "utf8",
      timeout: 120_000,
    });
    expect(quiet.status, quiet.stderr).toBe(0);
    const real = config().stdout;
    for (const service of ["redis", "producer", "extract", "warehouse", "board"])
      expect(real).toMatch(new RegExp(`^ {2}${service}:$`, "m"));
    expect(config("--profile", "sandbox").stdout).toMatch(/^ {2}sandbox:$/m);
  });

  it("starts only what is in the image", () => {
    const compose = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
    const scripts = [...compose.matchAll(/"((?:apps|deploy)\/[^"]+)"/g)].map(([, script]) => script!);
    expect(new Set(scripts).size).toBeGreaterThanOrEqual(5);
    for (const script of scripts) expect(readFileSync(join(ROOT, script), "utf8")).not.toBe("");
  });

  it("holds no value of a secret", () => {
    const compose = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
    for (const name of ["BRAZE_API_KEY", "BOARD_PASSWORD", "BOARD_API_TOKEN", "PII_SALT"])
      expect(compose).toMatch(new RegExp(`^ +${name}:$`, "m"));
  });
});

describe("the health check of the image", () => {
  it("tells a healthy role from one that is not", async () => {
    const { home, prefix } = ownHome();
    const redisUrl = inject("redisUrl");
    const env = { REDIS_URL: redisUrl, LIFECYCLE__REDIS__PREFIX: prefix, LIFECYCLE_HOME: home };
    const check = (args: string[], over: Record<string, string> = {}) =>
      spawnSync(process.execPath, ["deploy/healthcheck.mjs", ...args], {
        cwd: ROOT,
        env: { ...process.env, ...env, ...over },
        timeout: 120_000,
      }).status;
    // As an orchestrator asks: once more when the machine was too busy to answer in time.
    const healthy = (...args: string[]) =>
      vi.waitFor(() => expect(check(args)).toBe(0), { timeout: 120_000 });
    const nobody = String(await freePort());

    await healthy("worker");
    expect(check(["worker"], { REDIS_URL: `redis://127.0.0.1:${nobody}` })).toBe(1);

    expect(check(["producer"])).toBe(1);
    const queues = openQueues({ redisUrl, prefix }, [], queuePolicy(loadSettings()));
    onTestFinished(() => queues.close());
    await queues.beat(600_000);
    await healthy("producer");

    const board = await startBoard(env);
    await healthy("board", new URL(board.url).port);
    expect(check(["board", nobody])).toBe(1);
  });
});
