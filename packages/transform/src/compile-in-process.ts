import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inShortLived, replaceFile } from "@lifecycle/runtime";
import type { CompileTask, TaskTarget } from "./compile-task.ts";
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
  const module = new URL("./compile-process.ts", import.meta.url);
  return inShortLived<T>(module, task, { code: "transform.compiler", timeoutMs: TIMEOUT_MS, signal });
}
