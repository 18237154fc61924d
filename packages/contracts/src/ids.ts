import { z } from "zod";
import { parseWindowKey, type RunWindow, windowKey } from "./window.ts";

/** Ids are made from meaning, joined by `__`, so the second try finds the first. A segment never holds `__` or `:`. */
const SEGMENT = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;

/** The name of a workspace, pipeline, resource or environment: lower case, digits, single `-` or `_` between. */
export const Slug = z
  .string()
  .max(64)
  .regex(SEGMENT, "expected lower-case letters and digits with single - or _ between, such as `my-shop`");

export interface RunKey {
  workspace: string;
  pipeline: string;
  window: RunWindow;
  pass: number;
}

/** `main__braze__20260101-20260411__p1` */
export function runId(key: RunKey): string {
  return `${key.workspace}__${key.pipeline}__${windowKey(key.window)}__p${key.pass}`;
}

/** What a run id says; undefined when it is not one. */
export function parseRunId(id: string): RunKey | undefined {
  const [workspace, pipeline, windowPart, passPart, ...rest] = id.split("__");
  const window = parseWindowKey(windowPart ?? "");
  const pass = /^p([1-9]\d*)$/.exec(passPart ?? "")?.[1];
  if (!workspace || !pipeline || !window || !pass || rest.length > 0) return undefined;
  return { workspace, pipeline, window, pass: Number(pass) };
}

/** One load per (run, resource). It stands in `_load_id` of each of its rows and names the engine's job. */
export function loadId(run: string, resource: string): string {
  return `load__${run}__${resource}`;
}

/** `campaigns-data-series__<object id>__20260101-20260411`: one piece of what a run extracts. */
export function partId(
  resource: string,
  objectId: string | undefined,
  window: RunWindow | undefined,
): string {
  const segments = [resource];
  if (objectId !== undefined) segments.push(safeSegment(objectId));
  if (window !== undefined) segments.push(windowKey(window));
  return segments.join("__");
}

/** `extract__<run id>__<part id>`: deterministic, so adding a job twice adds it once. */
export function jobId(name: string, run: string, ...rest: string[]): string {
  return [name, run, ...rest].join("__");
}

/** An outside id as it may stand in a file or job name: anything odd is percent-like escaped, reversible by eye. */
export function safeSegment(text: string): string {
  const escaped = text.replace(/[^A-Za-z0-9.-]/g, (char) => `~${char.codePointAt(0)!.toString(16)}`);
  return escaped.length <= 120 ? escaped : `${escaped.slice(0, 100)}~${fnv1a(text)}`;
}

function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
