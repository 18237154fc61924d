import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FatalError } from "@lifecycle/contracts";
import { endProcess, goneWithin, isAlive, pause } from "./processes.ts";
import type { RedisBinary } from "./redis-binary.ts";
import { liveUsers, lockFile, type RedisState, readState, registerUser } from "./redis-state.ts";
import { pingRedis } from "./redis-wire.ts";
import { registerSecret } from "./secret.ts";
import { withLock } from "./with-lock.ts";

/** A server of ours: a redis-server in a folder, kept by a guard for as long as somebody uses it. */
export interface OwnRedis {
  url: string;
  /** False when it ran already and is now shared. */
  started: boolean;
  /** Gives it back; the last user waits until it is gone. */
  stop(): Promise<void>;
}

const GUARD = fileURLToPath(new URL("./redis-guard.ts", import.meta.url));
const LOCK_WAIT_MS = 420_000;
const STOP_MS = 15_000;

/** Shares the server recorded in `folder`; undefined when none lives there. Never starts one. */
export async function shareOwnRedis(folder: string): Promise<OwnRedis | undefined> {
  if (!existsSync(folder)) return undefined;
  return withLock(lockFile(folder), LOCK_WAIT_MS, () => useLive(folder));
}

/**
 * Shares the server recorded in `folder` or starts one there, on a free loopback port, with a password of its own. Two callers at
 * once get the same one. It ends with its last user, however that one ends. Throws `redis.not_started` when the binary fails.
 */
export async function startOwnRedis(
  folder: string,
  findBinary: () => Promise<RedisBinary | undefined>,
): Promise<OwnRedis | undefined> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return withLock(lockFile(folder), LOCK_WAIT_MS, async () => {
    const shared = await useLive(folder);
    if (shared) return shared;
    const binary = await findBinary();
    if (!binary) return undefined;
    const unregister = registerUser(folder);
    try {
      await startGuard(folder, binary);
      return handle(folder, readState(folder)!, true, unregister);
    } catch (error) {
      unregister();
      throw error;
    }
  });
}

async function useLive(folder: string): Promise<OwnRedis | undefined> {
  const state = readState(folder);
  if (!state || !isAlive(state.server)) return undefined;
  registerSecret(state.password);
  if (!(await pingRedis(state.port, state.password, 5_000))) {
    // It hangs, or is someone's port by now: our own process is ended, then a new one is started.
    await endProcess(state.guard);
    await endProcess(state.server);
    return undefined;
  }
  return handle(folder, state, false, registerUser(folder));
}

function handle(folder: string, state: RedisState, started: boolean, unregister: () => void): OwnRedis {
  registerSecret(state.password);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    unregister();
    const now = readState(folder) ?? state;
    if (!isAlive(now.guard)) {
      // Someone killed the guard: nobody else would stop the server.
      if (liveUsers(folder).length === 0) await endProcess(now.server);
      return;
    }
    const until = Date.now() + STOP_MS;
    while (Date.now() < until && isAlive(now.guard) && liveUsers(folder).length === 0) await pause(25);
    if (!isAlive(now.guard)) await goneWithin(now.server, STOP_MS);
  };
  return {
    url: `redis://:${state.password}@127.0.0.1:${state.port}/0`,
    started,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Starts the guard apart from us (a Ctrl-C is not for it) and waits for its word. */
async function startGuard(folder: string, binary: RedisBinary): Promise<void> {
  const env = { PATH: process.env.PATH, LANG: "C" };
  const guard = spawn(process.execPath, [GUARD, folder, JSON.stringify(binary)], {
    cwd: folder,
    env,
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const failure = await answerOf(guard);
  if (guard.connected) guard.disconnect();
  guard.unref();
  if (failure) throw new FatalError("redis.not_started", failure);
}

function answerOf(guard: ChildProcess): Promise<string | undefined> {
  return new Promise((done) => {
    guard.once("error", (error) => done(error.message));
    guard.once("exit", (code, signal) => done(`the process that keeps Redis ended (${signal ?? code})`));
    guard.on("message", (message: { ready?: boolean; failed?: string }) => done(message.failed));
  });
}
