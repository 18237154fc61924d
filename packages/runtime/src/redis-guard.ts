/**
 * A small process of its own that keeps one redis-server for as long as anybody uses it, whatever becomes of whoever started it:
 * users are files named after processes, and when the last of them is gone (stopped or killed) the server is stopped.
 * Started by `own-redis.ts` as `node redis-guard.ts <folder> <binary as JSON>`; says `ready` or `failed` once, by IPC.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { tryLock } from "./file-lock.ts";
import { freePort } from "./ports.ts";
import { endProcess, markOf, pause } from "./processes.ts";
import type { RedisBinary } from "./redis-binary.ts";
import { lastLogLine, liveUsers, lockFile, type RedisState, removeState, writeState } from "./redis-state.ts";
import { pingRedis } from "./redis-wire.ts";

const START_MS = 60_000;
const LOOK_EVERY_MS = 150;
const MAX_RESTARTS = 5;

const folder = process.argv[2]!;
const binary = JSON.parse(process.argv[3]!) as RedisBinary;
const password = randomBytes(24).toString("base64url");

interface Running {
  child: ChildProcess;
  state: RedisState;
}

function configuration(port: number): string {
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `requirepass ${password}`,
    "dir ./",
    "appendonly yes",
    "appendfsync everysec",
    'save ""',
    "maxmemory-policy noeviction",
    "daemonize no",
  ];
  return `${lines.join("\n")}\n`;
}

/** Starts a server on `port` and waits until it has read its log and answers; undefined when it ended instead. */
async function startOnce(port: number): Promise<Running | undefined> {
  const data = join(folder, "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const log = openSync(join(folder, "redis.log"), "a", 0o600);
  const env = { PATH: process.env.PATH, LANG: "C", ...binary.env };
  // The configuration goes through stdin, so that the password stands in no argument list and no file but the state.
  const child = spawn(binary.command, ["-"], { cwd: data, env, stdio: ["pipe", log, log] });
  closeSync(log);
  let ended = false;
  child.once("error", () => {
    ended = true;
  });
  child.once("exit", () => {
    ended = true;
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(configuration(port));
  const until = Date.now() + START_MS;
  while (!ended && Date.now() < until) {
    if (child.pid !== undefined && (await pingRedis(port, password))) {
      return { child, state: { port, password, server: markOf(child.pid), guard: markOf() } };
    }
    await pause(15);
  }
  child.kill("SIGKILL");
  return undefined;
}

/** A port may be taken meanwhile, a log damaged by a full disk: tries another port, then without the old data. */
async function start(): Promise<Running | undefined> {
  const first = (await startOnce(await freePort())) ?? (await startOnce(await freePort()));
  const data = join(folder, "data");
  if (first || !existsSync(join(data, "appendonlydir"))) return first;
  rmSync(`${data}.damaged`, { recursive: true, force: true });
  renameSync(data, `${data}.damaged`);
  return startOnce(await freePort());
}

function publish(running: Running): void {
  running.child.once("exit", () => void onServerExit());
  writeState(folder, running.state);
}

let current: Running | undefined;
let stopping = false;
let restarts = 0;

/** The server died though it is wanted: brings it back on its port, where its clients look for it. */
async function onServerExit(): Promise<void> {
  const port = current?.state.port;
  if (stopping || port === undefined) return;
  restarts += 1;
  if (restarts > MAX_RESTARTS) return endWithoutServer();
  await pause(100);
  current = await startOnce(port);
  if (!current) return endWithoutServer();
  publish(current);
}

function endWithoutServer(): void {
  removeState(folder);
  process.exit(1);
}

async function stopServer(): Promise<void> {
  stopping = true;
  const running = current;
  removeState(folder);
  if (running) await endProcess(running.state.server);
}

/** Ends with the last user. The lock keeps a new user from arriving between the last look and the end. */
async function watch(): Promise<void> {
  for (;;) {
    await pause(LOOK_EVERY_MS);
    if (liveUsers(folder).length > 0) continue;
    const folderGone = !existsSync(folder);
    const release = folderGone ? () => {} : tryLock(lockFile(folder));
    if (!release) continue;
    if (folderGone || liveUsers(folder).length === 0) {
      await stopServer();
      release();
      process.exit(0);
    }
    release();
  }
}

function tell(message: { ready: true } | { failed: string }): void {
  if (process.connected) process.send?.(message, () => process.connected && process.disconnect?.());
}

// A signal to the whole group must not take the server from under its users; they end first.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
process.on("SIGTERM", () => void stopServer().then(() => process.exit(0)));

chmodSync(folder, 0o700);
current = await start();
if (current) {
  publish(current);
  tell({ ready: true });
  void watch();
} else {
  const reason = `${binary.command} did not start: ${lastLogLine(folder)}`;
  writeFileSync(join(folder, "start-error.txt"), reason);
  tell({ failed: reason });
  process.exitCode = 1;
}
