import { type ExperimentResultRow, experimentResultColumns } from "./result.ts";

const COLUMNS: readonly (keyof ExperimentResultRow)[] = [
  "workspace",
  ...experimentResultColumns.columns
    .map(({ name }) => name as keyof ExperimentResultRow)
    .filter((name) => !["workspace", "data_state"].includes(name) && !isStamp(name)),
  "data_state",
];

function isStamp(name: string): boolean {
  return name.startsWith("_") || ["window_from", "window_until", "pass"].includes(name);
}

/**
 * `output/experiment_summary.csv` (RFC 4180, one header line, UTF-8, lines end with \r\n). Null is an empty cell. Text that a
 * spreadsheet would take for a formula is preceded by an apostrophe: names come from outside.
 */
export function toCsv(rows: readonly ExperimentResultRow[]): string {
  const lines = [COLUMNS.join(","), ...rows.map((row) => COLUMNS.map((name) => cell(row[name])).join(","))];
  return `${lines.join("\r\n")}\r\n`;
}

function cell(value: string | number | boolean | null): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
