import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function run(...flags: string[]) {
  const script = fileURLToPath(new URL("./main.ts", import.meta.url));
  const child = spawn(process.execPath, [script, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return child;
}

describe("the process", () => {
  it("prints one line when it listens, and ends with 0 on SIGTERM even while somebody is connected", async () => {
    const child = run("--port", "0", "--now", "2026-03-20T12:00:00Z");
    const lines = createInterface({ input: child.stdout! });
    const [line] = (await once(lines, "line")) as [string];
    const ready = JSON.parse(line);
    expect(ready).toMatchObject({ event: "listening", now: "2026-03-20T12:00:00.000Z" });
    const health = await fetch(`${ready.url}/__sandbox/health`);
    expect(await health.json()).toEqual({ ok: true, now: "2026-03-20T12:00:00.000Z" });
    child.kill("SIGTERM");
    const [code, signal] = await once(child, "exit");
    expect([code, signal]).toEqual([0, null]);
  });

  it.each([
    [["--limits", "default=5"], "default=5"],
    [["--campaigns", "999999"], "campaigns"],
    [["--time-zone", "Mars/Olympus"], "Mars/Olympus"],
    [["--nonsense"], "nonsense"],
  ])("ends with 64 and one line for %j", async (flags, named) => {
    const child = run(...flags);
    let text = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [code] = await once(child, "close");
    expect(code).toBe(64);
    expect(text).toContain(named);
    expect(text.trim().split("\n").length).toBe(1);
  });
});
