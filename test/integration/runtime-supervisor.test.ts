import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLoggerTo, type Supervisor, silentLogger, supervise } from "@lifecycle/runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isRunning } from "../fixtures/is-running.ts";

const ROLE = join(import.meta.dirname, "runtime-supervisor-role.ts");
const PARENT = join(import.meta.dirname, "runtime-supervisor-parent.ts");
const restart = { baseMs: 20, capMs: 100, maxFailures: 3, windowMs: 60_000 };

let folder: string;
let notes: string;
let supervisor: Supervisor | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "supervisor-"));
  notes = join(folder, "notes");
  writeFileSync(notes, "");
});
afterEach(async () => {
  await supervisor?.stop();
  supervisor = undefined;
  rmSync(folder, { recursive: true });
});

const spec = (name: string, behaviour = "serve") => ({ name, args: [ROLE, behaviour, notes, name] });
const noted = () => readFileSync(notes, "utf8").trim().split("\n");
const pidsNoted = (what: string) =>
  noted()
    .filter((line) => line.includes(` ${what} `))
    .map((line) => Number(line.split(" ").at(-1)));

function start(
  specs: ReturnType<typeof spec>[],
  options: Partial<Parameters<typeof supervise>[1]> = {},
): Supervisor {
  supervisor = supervise(specs, { logger: silentLogger, restart, stopDeadlineMs: 50_000, ...options });
  return supervisor;
}

const allGone = (pids: number[]) =>
  vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 40_000 });

describe("supervise", () => {
  it("hears when a role is at work and restarts it when it is killed", async () => {
    const running = start([spec("worker")]);
    const { pid } = (await running.ready("worker")) as { pid: number };
    expect(running.status()).toMatchObject([{ name: "worker", state: "running", pid, restarts: 0 }]);
    process.kill(pid, "SIGKILL");
    await vi.waitFor(() => expect(pidsNoted("started")).toHaveLength(2), { timeout: 40_000 });
    expect(running.status()).toMatchObject([{ state: "running", restarts: 1 }]);
    expect(isRunning(pid)).toBe(false);
  });

  it("gives up on one that keeps failing, with what it last said, and leaves the others running", async () => {
    const lines: string[] = [];
    const running = start([spec("good"), spec("bad", "fail")], {
      logger: createLoggerTo("start", (line) => lines.push(line)),
    });
    const gaveUp = await running.ended;
    expect(gaveUp).toMatchObject({ name: "bad", exitCode: 1 });
    expect(gaveUp?.reason).toBe("it ended 3 times within 60 s; it last said: cannot begin: the disk is full");
    await expect(running.ready("bad")).rejects.toThrow("the disk is full");
    await running.ready("good");
    expect(running.status().map((child) => [child.name, child.state])).toEqual([
      ["good", "running"],
      ["bad", "gave_up"],
    ]);
    const waits = lines.map((line) => JSON.parse(line).restart_after_ms).filter((ms) => ms !== undefined);
    expect(waits).toEqual([20, 40]);
  });

  it("does not try again what another try would only repeat", async () => {
    const running = start([spec("wrong", "misconfigured")]);
    expect(await running.ended).toMatchObject({
      exitCode: 78,
      reason: expect.stringContaining("queues.lock_ms: got 1"),
    });
    expect(running.status()[0]?.restarts).toBe(0);
  });

  it("stops all, the last started first, and kills one that does not listen", async () => {
    const running = start([spec("first"), spec("second"), spec("stubborn", "stubborn")], {
      stopDeadlineMs: 1_500,
    });
    await Promise.all(["first", "second", "stubborn"].map((name) => running.ready(name)));
    const pids = pidsNoted("started");
    const quick = start([spec("one"), spec("two")]);
    await Promise.all([quick.ready("one"), quick.ready("two")]);
    await quick.stop();
    const closed = noted().filter((line) => line.includes(" closed "));
    expect(closed.map((line) => line.split(" ")[0])).toEqual(["two", "one"]);
    await running.stop();
    expect(pids.filter(isRunning)).toEqual([]);
    expect(await running.ended).toBeUndefined();
  });

  it("what a role had started goes with it", async () => {
    const running = start([spec("parent", "with-grandchild")]);
    const { pid } = (await running.ready("parent")) as { pid: number };
    const [grandchild] = pidsNoted("grandchild");
    expect(isRunning(grandchild!)).toBe(true);
    process.kill(pid, "SIGKILL");
    await allGone([grandchild!]);
  });
});

describe("a supervising process", () => {
  async function startParent() {
    const parent = spawn(process.execPath, [PARENT, ROLE, notes], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    await new Promise((done) => parent.once("message", done));
    return {
      parent,
      pids: pidsNoted("started"),
      exit: new Promise<number | null>((done) => parent.once("exit", done)),
    };
  }

  it("leaves nothing behind when it is killed, and its children close what they had open", async () => {
    const { parent, pids } = await startParent();
    expect(pids).toHaveLength(2);
    parent.kill("SIGKILL");
    await allGone(pids);
    expect(pidsNoted("closed").sort()).toEqual([...pids].sort());
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "on %s stops its children in reverse order and ends with 0",
    async (signal) => {
      const { parent, pids, exit } = await startParent();
      parent.kill(signal);
      expect(await exit).toBe(0);
      expect(pids.filter(isRunning)).toEqual([]);
      expect(
        noted()
          .filter((line) => line.includes("closed"))
          .map((line) => line.split(" ")[0]),
      ).toEqual(["two", "one"]);
    },
  );
});
