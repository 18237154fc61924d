import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { errorCode, errorMessage } from "@lifecycle/contracts";
import { expect, test } from "vitest";
import { withTemporaryFolder } from "./aside.ts";
import { inShortLived, type ShortLived } from "./short-lived.ts";

/** Has a module with that body of `perform(task, ask)` do something. */
function perform(body: string, task: unknown, options: Partial<ShortLived> = {}): Promise<unknown> {
  return withTemporaryFolder("short-lived-test", async (folder) => {
    const path = join(folder, "module.mjs");
    await writeFile(path, `export async function perform(task, ask) { ${body} }`);
    return inShortLived(pathToFileURL(path), task, { code: "test.child", timeoutMs: 20_000, ...options });
  });
}

async function codeOf(work: Promise<unknown>): Promise<[string, string]> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return [errorCode(error), errorMessage(error)];
}

test("the task goes in, questions are answered on the way, the answer comes out", async () => {
  const answer = async (question: { n: number }) => question.n * 10;
  const body = "return { pid: process.pid, sum: (await ask({ n: task.n })) + (await ask({ n: 2 })) };";
  const said = (await perform(body, { n: 1 }, { answer })) as { pid: number; sum: number };
  expect(said.sum).toBe(30);
  expect(said.pid).not.toBe(process.pid);
});

test("what the parent could not answer is thrown where it was asked", async () => {
  const answer = async () => Promise.reject(new Error("no such table"));
  const [code, message] = await codeOf(perform("return await ask({});", {}, { answer }));
  expect(code).toBe("test.child_failed");
  expect(message).toContain("no such table");
});

test.each([
  ["an error", "throw new Error('broken chart');", "test.child_failed", "broken chart"],
  [
    "a crash",
    "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});",
    "test.child_died",
    "SIGKILL",
  ],
  [
    "an end without an answer",
    "console.error('gave up'); process.exit(3);",
    "test.child_died",
    "exit 3 gave up",
  ],
])("%s of the process is told, and stops nobody else", async (_, body, code, message) => {
  const told = await codeOf(perform(body, {}));
  expect(told[0]).toBe(code);
  expect(told[1]).toContain(message);
});

test("it has its time, and ends when it is not wanted any more", async () => {
  const forever = "await ask({}); setInterval(() => {}, 1000); await new Promise(() => {});";
  const answer = async () => undefined;
  expect((await codeOf(perform(forever, {}, { answer, timeoutMs: 1_000 })))[0]).toBe("test.child_timeout");
  const abort = new AbortController();
  const stopped = perform(
    forever,
    {},
    {
      signal: abort.signal,
      answer: async () => abort.abort(new Error("stop")),
    },
  );
  await expect(stopped).rejects.toThrow("stop");
});
