import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import { replaceFile, withTemporaryFolder } from "@lifecycle/runtime";
import type { CompileAnswer, CompileTask, TaskTarget } from "./compile-task.ts";
import type { CompiledProject } from "./compiled.ts";
import type { Value } from "./jinja/nodes.ts";
import { readTree, type Tree } from "./project/read-tree.ts";

const TIMEOUT_MS = 120_000;

export interface CompileRequest extends TaskTarget {
  sqlDir: string;
  overlayDir?: string | undefined;
  vars?: Readonly<Record<string, Value>> | undefined;
  /** Compiled projects lie here, named by the hash of everything that went in. Safe to delete at any time. */
  cacheDir: string;
  signal?: AbortSignal | undefined;
}

/**
 * The compiled project, from the cache or from a short-lived child process that alone loads the parser. Throws
 * `InputError transform.project` or `transform.compile` with file, line and column of each mistake.
 */
export async function compileInProcess(request: CompileRequest): Promise<CompiledProject> {
  const { sqlDir, overlayDir, vars, engine, dataset, project, retentionDays, cacheDir } = request;
  const path = join(cacheDir, `${await contentHash(request)}.json`);
  const cached = await readFile(path, "utf8").catch(() => undefined);
  if (cached !== undefined) return JSON.parse(cached) as CompiledProject;
  const compiled = await inChild<CompiledProject>(
    {
      kind: "project",
      load: { sqlDir, overlayDir, vars },
      target: { engine, dataset, project, retentionDays },
    },
    request.signal,
  );
  await replaceFile(path, JSON.stringify(compiled));
  return compiled;
}

/** One BigQuery SELECT for the engine, compiled in a child process: for processes that must stay small. */
export async function compileQueryInProcess(
  sql: string,
  target: TaskTarget,
  signal?: AbortSignal,
): Promise<{ sql: string; columns: (string | undefined)[] }> {
  return inChild({ kind: "query", sql, target }, signal);
}

async function contentHash(request: CompileRequest): Promise<string> {
  const trees = [await readTree(request.sqlDir)];
  if (request.overlayDir !== undefined) trees.push(await readTree(request.overlayDir));
  const { engine, dataset, project, retentionDays, vars } = request;
  const key = {
    compiler: await compilerFingerprint(),
    engine,
    dataset,
    project,
    retentionDays,
    vars: vars ?? {},
    trees: trees.map(treeKey),
  };
  return createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 40);
}

/** Of our own sources: another compiler may make something else of the same text. */
async function compilerFingerprint(): Promise<string> {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts")).sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest("hex");
}

function treeKey({ models, macros, checks, yaml, project }: Tree): unknown {
  return { models, macros, checks, yaml, project };
}

function inChild<T>(task: CompileTask, signal: AbortSignal | undefined): Promise<T> {
  return withTemporaryFolder("compile", async (folder) => {
    const [taskPath, answerPath] = [join(folder, "task.json"), join(folder, "answer.json")];
    await writeFile(taskPath, JSON.stringify(task));
    const said = await run(taskPath, answerPath, signal);
    const text = await readFile(answerPath, "utf8").catch(() => undefined);
    if (text === undefined)
      throw new FatalError("transform.compiler_died", `the compile process ended without an answer: ${said}`);
    return answered<T>(JSON.parse(text) as CompileAnswer);
  });
}

function answered<T>(answer: CompileAnswer): T {
  if (answer.ok) return answer.value as T;
  throw answer.input
    ? new InputError(answer.code, answer.message)
    : new FatalError("transform.compiler_failed", answer.message);
}

/** Runs the child to its end and gives the tail of what it wrote to stderr. */
function run(taskPath: string, answerPath: string, signal: AbortSignal | undefined): Promise<string> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = fork(
      fileURLToPath(new URL("./compile-process.ts", import.meta.url)),
      [taskPath, answerPath],
      {
        execPath: process.execPath,
        execArgv: [],
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      },
    );
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-500);
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, TIMEOUT_MS);
    const abort = () => child.kill("SIGKILL");
    signal?.addEventListener("abort", abort, { once: true });
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    child.once("error", (error) => {
      finish();
      reject(new RetryableError("transform.compiler_not_started", error.message, { cause: error }));
    });
    child.once("exit", (code, how) => {
      finish();
      if (signal?.aborted) reject(signal.reason as Error);
      else if (late)
        reject(
          new RetryableError("transform.compiler_timeout", `compiling took longer than ${TIMEOUT_MS} ms`),
        );
      else resolve(`${how ?? `exit ${code}`} ${said.trim()}`);
    });
  });
}
