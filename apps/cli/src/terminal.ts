import { createInterface } from "node:readline/promises";
import type { Progress } from "./progress.ts";

/** What a command writes to: text for people on stdout, progress on stderr when stdout is a pipe. */
export interface Terminal {
  /** A line that stays. */
  line(text?: string): void;
  /** Shows where a run stands: one line rewritten on a terminal, a plain line per stage elsewhere. */
  progress(progress: Progress): void;
  /** Ends a rewritten line. */
  endProgress(): void;
  /** Whether what is written is read on a screen rather than by a program. */
  isScreen: boolean;
  /** Characters that a line of the screen holds; without a screen there is no limit. */
  width: number;
  /** Whether somebody is there to answer. */
  isInteractive: boolean;
  /** Asks for a yes; anything else is a no. Only where somebody is there. */
  confirm(question: string): Promise<boolean>;
}

const BAR_WIDTH = 24;

export function openTerminal(out: NodeJS.WriteStream = process.stdout): Terminal {
  let isRewriting = false;
  let lastStage = "";
  const endProgress = () => {
    if (isRewriting) out.write("\n");
    isRewriting = false;
  };
  return {
    line: (text = "") => {
      endProgress();
      out.write(`${text}\n`);
    },
    endProgress,
    isScreen: Boolean(out.isTTY),
    width: out.isTTY ? (out.columns ?? 80) : Number.POSITIVE_INFINITY,
    isInteractive: Boolean(process.stdin.isTTY && out.isTTY),
    confirm: async (question) => {
      endProgress();
      const lines = createInterface({ input: process.stdin, output: out });
      try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
      } finally {
        lines.close();
      }
    },
    progress: (progress) => {
      if (out.isTTY) {
        if (lastStage !== progress.stage) endProgress();
        out.write(`\r\x1b[2K  ${describeProgress(progress)}`);
        isRewriting = true;
      } else if (lastStage !== progress.stage) {
        out.write(`  ${describeProgress(progress)}\n`);
      }
      lastStage = progress.stage;
    },
  };
}

/** After so long without a word people think that nothing happens. */
const SILENCE_MS = 2_000;

/** Waits, and on a screen says for what when it takes a while. Goes to stderr: stdout may be for a program. */
export async function patiently<T>(
  what: string,
  work: Promise<T>,
  { out = process.stderr, afterMs = SILENCE_MS }: { out?: NodeJS.WriteStream; afterMs?: number } = {},
): Promise<T> {
  if (!out.isTTY) return work;
  const timer = setTimeout(() => out.write(`  ${what} …\n`), afterMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** `extracting 34/72`: a stage in a table, without a bar. */
export function stageOf({ stage, done, total }: Progress): string {
  return total > 0 ? `${stage} ${done}/${total}` : stage;
}

/** `extracting    [=======>      ] 34/72` */
export function describeProgress({ stage, done, total, failed, etaSeconds }: Progress): string {
  const eta = etaSeconds === undefined ? "" : `  about ${duration(etaSeconds)} left`;
  const failures = `${eta}${failed > 0 ? `  ${failed} failed` : ""}`;
  if (total === 0)
    return `${stage}${done > 0 ? `, ${counted(done, "list or object", "lists and objects")} read` : ""}${failures}`;
  const filled = Math.floor((done / total) * BAR_WIDTH);
  const bar = `${"=".repeat(filled)}${" ".repeat(BAR_WIDTH - filled)}`;
  return `${stage.padEnd(13)} [${bar}] ${done}/${total}${failures}`;
}

/** A length of time as people say it: `40 s`, `12 min`, `3.5 h`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

/** Columns under each other, numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map(formatCell));
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const isNumber = header.map(
    (_, i) => cells.some((row) => isNumeric(row[i]!)) && cells.every((row) => isNumeric(row[i]!, true)),
  );
  const format = (row: readonly string[]) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [format(header), format(widths.map((width) => "-".repeat(width))), ...cells.map(format)].join("\n");
}

/** Numbers as machines and as people write them: `-1.5`, `12,345`, `+7.66 pts`, `1e−29`; where one may be missing, `` and `–` too. */
function isNumeric(cell: string, orNone = false): boolean {
  if (orNone && (cell === "" || cell === "–")) return true;
  return /^[-+−]?\d[\d,]*(\.\d+)?(e[-−]\d+)?( %| pts)?$/.test(cell);
}

/** `2026-11-20T09:23:22Z`: an instant as people want it, without fractions of a second. Anything else stays as it is. */
export function toTheSecond(instant: unknown): unknown {
  if (typeof instant !== "string") return instant;
  return instant.replace(/^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})\.\d+/, "$1");
}

/** `1 row`, `2 rows`, `12,345 rows`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;
}

/** A text moved to the right by two. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(7)));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
