import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { errorCode } from "@lifecycle/contracts";
import {
  connectRedis,
  createLoggerTo,
  exitCodeOf,
  findBinary,
  freePort,
  loadSettings,
  type ProvidedRedis,
  probeRedis,
  provideRedis,
  silentLogger,
} from "@lifecycle/runtime";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { isRunning } from "../fixtures/is-running.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const USER = join(import.meta.dirname, "runtime-redis-user.ts");

let home: string;
const opened: ProvidedRedis[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "runtime-redis-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(opened.splice(0).map((redis) => redis.stop()));
  rmSync(home, { recursive: true, force: true });
});

function settings(env: Record<string, string> = {}) {
  const own = { LIFECYCLE_ENV_FILE: "", LIFECYCLE_HOME: home, LIFECYCLE__REDIS__USE_LOCAL: "false" };
  return loadSettings({ cwd: ROOT, env: { ...own, ...env } });
}

async function provide(env: Record<string, string> = {}, logger = silentLogger): Promise<ProvidedRedis> {
  const redis = await provideRedis(settings(env), { logger });
  opened.push(redis);
  return redis;
}

const refused = (env: Record<string, string>) =>
  provide(env).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
const state = () => JSON.parse(readFileSync(join(home, ".runtime/redis/state.json"), "utf8"));

/** A process that takes a Redis the same way and holds it. */
async function startUser(): Promise<{ child: ChildProcess; url: string }> {
  const env = {
    PATH: process.env.PATH,
    LIFECYCLE_ENV_FILE: "",
    LIFECYCLE_HOME: home,
    LIFECYCLE__REDIS__USE_LOCAL: "false",
  };
  const child = spawn(process.execPath, [USER], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  children.push(child);
  const url = await new Promise<string>((done, fail) => {
    child.once("message", (message) => done(String(message)));
    child.once("exit", (code) => fail(new Error(`the user ended with ${code}`)));
  });
  return { child, url };
}

describe("a Redis of our own", () => {
  it("is on loopback, durable, never evicts, wants its password, and its state is for the owner's eyes", async () => {
    const own = await provide();
    expect(own.provided).toBe(true);
    expect(await probeRedis(own.url)).toMatchObject({ evictionPolicy: "noeviction" });
    const redis = connectRedis(own.url, { role: "fail_fast" });
    const read = async (key: string) => ((await redis.config("GET", key)) as string[])[1];
    expect(await Promise.all(["bind", "appendonly", "appendfsync", "save"].map(read))).toEqual([
      "127.0.0.1",
      "yes",
      "everysec",
      "",
    ]);
    await redis.quit();
    await expect(probeRedis(own.url.replace(/:\/\/.*@/, "://"))).rejects.toThrow(/NOAUTH|authentication/i);
    expect(statSync(join(home, ".runtime/redis/state.json")).mode & 0o777).toBe(0o600);
    expect(readFileSync(`/proc/${state().server.pid}/cmdline`, "utf8")).not.toContain(state().password);
    expect(own.origin).not.toContain(state().password);
  });

  it("is started once by two at once, and lives until the last of them stops", async () => {
    const [first, second] = await Promise.all([provide(), provide()]);
    expect(first.url).toBe(second.url);
    const { server, guard } = state();
    await first.stop();
    expect(await probeRedis(second.url)).toBeDefined();
    await second.stop();
    expect([server.pid, guard.pid].filter(isRunning)).toEqual([]);
  });

  it("is shared between processes, and ends with the last one even if that is killed", async () => {
    const [first, second] = await Promise.all([startUser(), startUser()]);
    expect(first.url).toBe(second.url);
    const { server, guard } = state();
    first.child.kill("SIGKILL");
    const shared = await provide();
    expect(shared.url).toBe(second.url);
    await shared.stop();
    expect(isRunning(server.pid)).toBe(true);
    second.child.kill("SIGKILL");
    await vi.waitFor(() => expect([server.pid, guard.pid].filter(isRunning)).toEqual([]), {
      timeout: 40_000,
      interval: 50,
    });
  });

  it("comes back where it was, with what it held, when its server is killed", async () => {
    const own = await provide();
    const redis = connectRedis(own.url, { role: "worker" });
    await redis.set("kept", "yes");
    await redis.call("WAITAOF", "1", "0", "2000").catch(() => undefined);
    process.kill(state().server.pid, "SIGKILL");
    expect(await redis.get("kept")).toBe("yes");
    redis.disconnect();
  });

  it("recovers what a crash left: a stale lock, a state of a dead server, a damaged log", async () => {
    const first = await provide();
    await first.stop();
    const folder = join(home, ".runtime/redis");
    writeFileSync(join(folder, "lock"), "999999999-1 gone");
    const dead = { pid: 999_999_999, started: "1" };
    writeFileSync(
      join(folder, "state.json"),
      JSON.stringify({ port: 1, password: "x", server: dead, guard: dead }),
    );
    writeFileSync(join(folder, "data/appendonlydir/appendonly.aof.manifest"), "not a manifest");
    const second = await provide();
    expect(await probeRedis(second.url)).toBeDefined();
  });

  it("is stopped by its last user also when its guard was killed", async () => {
    const own = await provide();
    const { server, guard } = state();
    process.kill(guard.pid, "SIGKILL");
    await vi.waitFor(() => expect(isRunning(guard.pid)).toBe(false), { timeout: 40_000 });
    await own.stop();
    expect(isRunning(server.pid)).toBe(false);
  });
});

describe("a Redis that was given or found", () => {
  it("REDIS_URL is used and left running", async () => {
    const given = await provide({ REDIS_URL: inject("redisUrl") });
    expect(given).toMatchObject({ provided: false, url: inject("redisUrl") });
    await given.stop();
    expect(await probeRedis(inject("redisUrl"))).toBeDefined();
  });

  it("REDIS_URL that does not answer ends the search at once, without showing its password", async () => {
    const port = await freePort();
    const error = await refused({ REDIS_URL: `redis://user:hunter2hunter2@127.0.0.1:${port}/0` });
    expect(errorCode(error)).toBe("redis.unavailable");
    expect(exitCodeOf(error)).toBe(69);
    expect(error?.message).toContain(`redis://user:***@127.0.0.1:${port}/0`);
    expect(error?.message).toContain("ECONNREFUSED");
    expect(error?.message).not.toContain("hunter2");
  });

  it("one on this machine's usual port is used when it suits, and passed over with a word when it evicts", async () => {
    const port = await freePort();
    const binary = (await findBinary(settings(), () => {}))!;
    const server = spawn(binary.command, ["--port", String(port), "--bind", "127.0.0.1", "--save", ""], {
      cwd: home,
      env: binary.env,
      stdio: "ignore",
    });
    children.push(server);
    await vi.waitFor(() => probeRedis(`redis://127.0.0.1:${port}`), { timeout: 40_000 });
    const env = { LIFECYCLE__REDIS__USE_LOCAL: "true", LIFECYCLE__REDIS__LOCAL_PORT: String(port) };
    expect(await provide(env)).toMatchObject({ provided: false, url: `redis://127.0.0.1:${port}/0` });

    const redis = connectRedis(`redis://127.0.0.1:${port}`, { role: "fail_fast" });
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    await redis.quit();
    const lines: string[] = [];
    const other = await provide(
      env,
      createLoggerTo("test", (line) => lines.push(line)),
    );
    expect(other.provided).toBe(true);
    expect(lines.join("")).toContain("allkeys-lru");
  });

  it("nothing allowed: one message with what to do, exit 69; prod insists on REDIS_URL", async () => {
    const nothing = await refused({
      LIFECYCLE__REDIS__USE_INSTALLED: "false",
      LIFECYCLE__REDIS__USE_PACKAGES: "false",
    });
    expect(nothing?.message).toMatch(
      /apt-get install -y redis-server[\s\S]*brew install redis[\s\S]*docker run/,
    );
    expect(exitCodeOf(nothing)).toBe(69);
    const prod = await refused({ LIFECYCLE_ENV: "prod" });
    expect(prod?.message).toContain("REDIS_URL is not set");
    expect(exitCodeOf(prod)).toBe(69);
  });

  it("a fail-fast connection rejects soon while a server is away", async () => {
    const redis = connectRedis(`redis://127.0.0.1:${await freePort()}`, { role: "fail_fast" });
    const begun = Date.now();
    await expect(redis.ping()).rejects.toThrow();
    expect(Date.now() - begun).toBeLessThan(5_000);
    redis.disconnect();
  });
});
