import type { Column, TableContract } from "@lifecycle/contracts";

/** Numbers in [0, 1) from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `SELECT … FROM UNNEST([…])` with rows of a raw table: few keys so that joins meet, NULLs, duplicates, odd texts. */
export function randomSelect({ table, columns }: TableContract, rows: number, seed: number): string {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  const lines = Array.from({ length: rows }, (_, index) => {
    const cells = columns.map(
      (column) =>
        stepCell(table, column, pick) ??
        eventCell(table, column, pick) ??
        exportCell(table, column, index, pick) ??
        cell(column, index, pick, next),
    );
    return `(${cells.join(", ")})`;
  });
  const fields = columns.map((column) => `\`${column.name}\` ${column.type}`).join(", ");
  return `SELECT * FROM UNNEST(ARRAY<STRUCT<${fields}>>[${lines.join(",\n")}])`;
}

type Pick = <T>(from: readonly T[]) => T;

const texts = [
  "a",
  "b",
  "Mens E-Mail",
  "No E-Mail",
  "purchase",
  "login",
  "",
  "É à",
  "1",
  "0",
  "12",
  "1.50",
  "x1",
  "2025-01-02",
];
const jsonLists = [`JSON '["x","y"]'`, "JSON '[]'", `JSON '["id1"]'`];
/** What the details of a Canvas say of a step: paths that part, meet, end and lead back. */
const stepPaths = [
  ["id1", "id2"],
  ["id2", "id3", null],
  ["id3", "id3"],
  ["gone", "id1"],
].map(
  (ends) =>
    `JSON '${JSON.stringify({ next_paths: ends.map((next_step_id, i) => ({ name: i ? `p${i}` : "null", next_step_id })) })}'`,
);
const jsonValues = [...jsonLists, `JSON '{"a":1,"b":[1,2]}'`, `JSON '{"name":"n","stats":{"sent":3}}'`];
const times = ["2025-01-02 03:04:05", "2025-01-02T23:59:59Z", "2025-01-03", "nonsense"];

/** Steps of Canvases hang together by what they lead to; with lists of any texts no path would come to anything. */
function stepCell(table: string, { name }: Column, pick: Pick): string | undefined {
  if (table === "raw_canvas_variant" && name === "first_step_ids")
    return pick(["JSON '[]'", `JSON '["id3"]'`]);
  if (table !== "raw_canvas_step") return undefined;
  if (name === "step_type") return pick(["'experiment_path'", "'Experiment Path'", "'message'", "NULL"]);
  if (name === "payload") return pick(stepPaths);
  if (name === "next_step_ids") return pick(["JSON '[]'", `JSON '["id2"]'`, `JSON '["id1","gone"]'`]);
  return undefined;
}

/** Experiments over events need assignments that say so, and days enough after them. */
function eventCell(table: string, { name }: Column, pick: Pick): string | undefined {
  if (table === "raw_assignments" && name === "experiment") return pick(["'event__test'", "'campaign__id1'"]);
  if (table === "raw_event_stream" && name === "event_time")
    return pick([
      "'2025-01-02 03:04:05'",
      "'2025-01-09'",
      "'2025-01-03T23:59:59Z'",
      "'2025-01-16'",
      "'nonsense'",
    ]);
  if (table === "raw_event_stream" && /^window_/.test(name))
    return pick(["NULL", name === "window_from" ? "DATE '2025-01-01'" : "DATE '2025-01-10'"]);
  if (table === "raw_event_stream" && name === "miles_amount") return pick(["'2.5'", "'-1'", "NULL", "'x1'"]);
  return undefined;
}

/** Runs a month apart that each export one segment and the global control group, of the same few people. */
function exportCell(table: string, { name }: Column, index: number, pick: Pick): string | undefined {
  if (table !== "raw_user_export") return undefined;
  if (name === "exported_from") return pick(["'segment'", "'segment'", "'global_control_group'"]);
  if (name === "segment_id") return pick(["'id1'", "'id1'", "NULL"]);
  if (name === "created_at") return "TIMESTAMP '2024-05-05 11:00:00+00'";
  if (name === "_extracted_at")
    return `TIMESTAMP '2025-0${1 + (index % 3)}-05 0${Math.floor(index / 60)}:10:${String(index % 60).padStart(2, "0")}+00'`;
  return undefined;
}

function cell(column: Column, index: number, pick: Pick, next: () => number): string {
  const { name, type, required } = column;
  const second = String(index % 60).padStart(2, "0");
  // Which row is the newest must never be a tie: which one wins it would be chance on both engines.
  if (name === "_extracted_at")
    return `TIMESTAMP '2025-01-0${1 + (index % 5)} 0${Math.floor(index / 60)}:10:${second}+00'`;
  if (name === "_row_number") return String(index + 1);
  if (name === "workspace") return "'main'";
  if (name === "data_state") return pick(["'open'", "'settling'", "'closed'"]);
  if (!required && next() < 0.12) return "NULL";
  switch (type) {
    case "STRING":
      return text(name, index, pick);
    case "INT64":
      return String(Math.floor(next() * 40));
    case "FLOAT64":
      return `${Math.floor(next() * 4000) / 100 - 3}`;
    case "NUMERIC":
      return `NUMERIC '${Math.floor(next() * 400_000) / 1000}'`;
    case "BOOL":
      return pick(["TRUE", "FALSE"]);
    case "DATE":
      return pick(["DATE '2025-01-01'", "DATE '2025-01-02'", "DATE '2025-01-05'", "DATE '2024-12-31'"]);
    case "TIMESTAMP":
      return `TIMESTAMP '2025-01-0${pick([1, 2, 3])} ${pick(["00", "11", "23"])}:${pick(["00", "59"])}:${second}+00'`;
    case "JSON":
      return pick(/_ids$|^tags$|^channels$/.test(name) ? jsonLists : jsonValues);
    case "DATETIME":
      return "DATETIME '2025-01-02 03:04:05'";
    case "BYTES":
      return "b'ab'";
  }
}

function text(name: string, index: number, pick: Pick): string {
  if (name === "_load_id" || name === "_run_id")
    return `'main__braze__20250101-20250108__p${1 + (index % 3)}'`;
  if (/_sha256$/.test(name)) return pick(["'aa'", "'bb'"]);
  if (/_id$/.test(name)) return pick(["'id1'", "'id2'", "'id3'"]);
  if (/time|_at$/.test(name)) return `'${pick(times)}'`;
  return `'${pick(texts)}'`;
}
