import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { connectRedis, findBinary, startOwnRedis } from "@lifecycle/runtime";
import { describe, expect, inject, it, onTestFinished, vi } from "vitest";
import { ownHome, startBoard } from "./board-support.ts";

function environment(): Record<string, string> {
  const { home, prefix } = ownHome();
  return { REDIS_URL: inject("redisUrl"), LIFECYCLE__REDIS__PREFIX: prefix, LIFECYCLE_HOME: home };
}

const policy = async (url: string) => (await fetch(url)).headers.get("content-security-policy");

describe("the board as a process", () => {
  it("takes the next port when its own is taken, and ends with 0 when asked to", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const board = await startBoard(environment(), "--port", String(port));
    expect(new URL(board.url).port).not.toBe(String(port));
    expect((await fetch(`${board.url}/healthz`)).status).toBe(200);
    expect(await board.stop()).toBe(0);
  });

  it("does not open itself to other machines without a password", async () => {
    const env = { ...environment(), LIFECYCLE__BOARD__HOST: "0.0.0.0" };
    await expect(startBoard(env)).rejects.toThrow(/ended with 78[\s\S]*BOARD_PASSWORD/);
  });

  it("asks for the password, except for health", async () => {
    const password = "correct horse battery";
    const board = await startBoard({
      ...environment(),
      LIFECYCLE__BOARD__HOST: "0.0.0.0",
      BOARD_PASSWORD: password,
    });
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${board.url}${path}`, { headers })).status;
    const shown = { authorization: `Basic ${Buffer.from(`operator:${password}`).toString("base64")}` };
    for (const path of [
      "/",
      "/admin/queues",
      "/admin/queues/api/queues",
      "/metrics",
      "/api/runs",
      "/output/x",
    ])
      expect([path, await status(path)]).toEqual([path, 401]);
    for (const path of ["/", "/admin/queues", "/metrics", "/api/runs"])
      expect([path, await status(path, shown)]).toEqual([path, 200]);
    expect(await status("/healthz")).toBe(200);
    await vi.waitFor(async () => expect(await status("/readyz")).toBe(200), { timeout: 60_000 });
    expect(board.log()).not.toContain(password);
  });

  it("shows the published files, and nothing outside their folder", async () => {
    const env = environment();
    const output = join(env.LIFECYCLE_HOME!, "output");
    mkdirSync(join(output, "tables"), { recursive: true });
    writeFileSync(join(output, "lifecycle_metrics.json"), "{}");
    writeFileSync(join(output, "tables/exp_result.parquet"), "x");
    mkdirSync(join(output, "experiments"));
    writeFileSync(join(output, "experiments/index.html"), "<p>verdicts</p>");
    writeFileSync(join(env.LIFECYCLE_HOME!, "private.txt"), "mine");
    const board = await startBoard(env);
    const page = await (await fetch(board.url)).text();
    expect(await policy(`${board.url}/admin/queues`)).toMatch(/^default-src 'self';(?!.*script-src)/);
    expect(await policy(`${board.url}/output/experiments/index.html`)).toMatch(
      /^default-src 'self';.*script-src 'unsafe-inline'$/,
    );
    expect(page).toContain('href="/output/lifecycle_metrics.json"');
    expect(page).toContain('<a href="/output/experiments/index.html">A/B tests</a>');
    expect(await (await fetch(`${board.url}/output/experiments/index.html`)).text()).toContain("verdicts");
    expect(page).toContain('href="/output/tables/exp_result.parquet"');
    expect(await (await fetch(`${board.url}/output/lifecycle_metrics.json`)).text()).toBe("{}");
    expect((await fetch(`${board.url}/output/..%2fprivate.txt`)).status).toBeGreaterThanOrEqual(400);
  });

  it("is not ready while Redis does not answer, and alive all along", async () => {
    const env = environment();
    const options = { use_local: false, local_port: 6379, use_installed: true, use_packages: true };
    const own = await startOwnRedis(join(env.LIFECYCLE_HOME!, "redis"), () =>
      findBinary({ redis: options, root: process.cwd() }, () => {}),
    );
    onTestFinished(async () => void (await own?.stop()));
    const board = await startBoard({ ...env, REDIS_URL: own!.url });
    const ready = async () => {
      const answer = await fetch(`${board.url}/readyz`);
      return [
        answer.status,
        ((await answer.json()) as { checks: { redis: { ok: boolean } } }).checks.redis.ok,
      ];
    };
    const isReady = () =>
      vi.waitFor(async () => expect(await ready()).toEqual([200, true]), { timeout: 60_000 });
    await isReady();

    const redis = connectRedis(own!.url, { role: "fail_fast" });
    const server = Number(/^process_id:(\d+)/m.exec(await redis.info("server"))![1]);
    redis.disconnect();
    process.kill(server, "SIGSTOP");
    expect(await ready()).toEqual([503, false]);
    process.kill(server, "SIGCONT");
    await isReady();

    await own!.stop();
    await vi.waitFor(async () => expect(await ready()).toEqual([503, false]), 60_000);
    expect((await fetch(`${board.url}/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${board.url}/metrics`)).text();
    expect(metrics).toContain("\nlifecycle_redis_up 0\n");
    expect(metrics).toContain("\nlifecycle_runs_unsettled 0\n");
    expect(board.log()).not.toContain(new URL(own!.url).password);
  });
});

describe("asking for runs over HTTP", () => {
  it("writes the request to the ledger once, and says what is wrong with a bad one", async () => {
    const env = environment();
    const board = await startBoard({
      ...env,
      LIFECYCLE_NOW: "2026-04-11T12:00:00Z",
      LIFECYCLE__WAREHOUSE__RETENTION_DAYS: "3000",
    });
    const ask = async (body: unknown, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${board.url}/api/runs`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const wanted = { pipeline: "braze", from: "2026-04-01", to: "2026-04-07" };
    const runId = "main__braze__20260401-20260408__p1";
    expect(await ask(wanted)).toEqual({
      status: 202,
      body: { run_id: runId, window: { from: "2026-04-01", until: "2026-04-08" }, resumed: false },
    });
    expect(await ask(wanted)).toMatchObject({ status: 202, body: { run_id: runId, resumed: true } });
    expect((await ask({ pipeline: "braze" })).body).toMatchObject({ window: { until: "2026-04-12" } });
    const requests = join(env.LIFECYCLE_HOME!, "data/ledger/requests");
    expect(readdirSync(requests)).toHaveLength(2);

    const listed = (await (await fetch(`${board.url}/api/runs?limit=1`)).json()) as {
      total: number;
      runs: unknown[];
    };
    expect(listed).toMatchObject({ total: 2, runs: [{ trigger: "api", status: "unsettled" }] });
    expect(await (await fetch(`${board.url}/api/runs/${runId}`)).json()).toMatchObject({
      run_id: runId,
      dead_letters: [],
    });

    const refusals: [unknown, string, RegExp][] = [
      ["{ no json", "request.malformed", /JSON/],
      [[], "request.invalid", /body/],
      [{}, "request.invalid", /pipeline/],
      [{ pipeline: "nothing" }, "run.unknown_pipeline", /braze/],
      [{ pipeline: "../settings" }, "request.invalid", /pipeline/],
      [{ pipeline: "hillstrom" }, "run.no_file", /--file/],
      [{ pipeline: "braze", workspace: "other" }, "run.unknown_workspace", /main/],
      [{ pipeline: "braze", from: "2026-02-30" }, "request.invalid", /from: .*calendar/],
      [{ pipeline: "braze", from: "2026-04-07", to: "2026-04-01" }, "request.invalid", /to: /],
      [{ pipeline: "braze", from: "2026-05-01" }, "run.in_future", /from: /],
      [{ pipeline: "braze", from: "1990-01-01" }, "run.window_too_long", /3650/],
      [{ pipeline: "braze", from: "2018-01-01" }, "run.older_than_retention", /from 2018-01-24 on/],
      [{ pipeline: "braze", campaign: "c1" }, "request.invalid", /campaign/],
    ];
    for (const [body, code, words] of refusals) {
      const answer = await ask(body);
      expect([answer.status, answer.body.error]).toEqual([
        400,
        { code, message: expect.stringMatching(words) },
      ]);
    }
    expect((await ask(wanted, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await fetch(`${board.url}/api/runs?limit=0`)).status).toBe(400);
    expect((await fetch(`${board.url}/api/runs/main__x__all__p1`)).status).toBe(404);
    expect(readdirSync(requests)).toHaveLength(2);
  });
});
