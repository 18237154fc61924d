import { open } from "node:fs/promises";
import { InputError, nearest } from "@lifecycle/contracts";

/** One header cell per column of the file, as written; surrounding blanks do not count. */
export type Header = readonly string[];

/**
 * Reads the first record of a CSV file. Throws `InputError`: `source.file_missing`, `source.empty_file`, `source.encoding`,
 * `source.unreadable_header` (longer than `maxLineBytes`, or a quote that is never closed).
 */
export async function readHeader(path: string, delimiter: string, maxLineBytes: number): Promise<Header> {
  const start = await firstBytes(path, maxLineBytes + 1);
  if (start[0] === 0xff && start[1] === 0xfe) {
    throw new InputError("source.encoding", `${path} is UTF-16; save it as UTF-8`);
  }
  const text = start
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .replace(/^[\r\n]+/, "");
  if (text.trim() === "")
    throw new InputError("source.empty_file", `${path} is empty: a header line was expected`);
  const cells = firstRecord(text, delimiter);
  if (cells === undefined || (start.length > maxLineBytes && cells.complete === false)) {
    throw new InputError(
      "source.unreadable_header",
      `${path}: the first line is not a CSV header of at most ${maxLineBytes} bytes`,
    );
  }
  return cells.cells.map((cell) => cell.trim());
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError("source.file_missing", `cannot read ${path}: ${error.code ?? error.message}`, {
      cause: error,
    });
  });
  try {
    const size = Math.min(count, (await file.stat()).size);
    const buffer = Buffer.alloc(size);
    const { bytesRead } = await file.read(buffer, 0, size, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw new InputError("source.file_missing", `cannot read ${path}: ${error}`, { cause: error });
  } finally {
    await file.close();
  }
}

/** Cells of the first record; undefined when its quoting is broken. `complete` is false when the text ended before a line did. */
export function firstRecord(
  text: string,
  delimiter: string,
): { cells: string[]; complete: boolean } | undefined {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at, delimiter);
    if (cell === undefined) return undefined;
    cells.push(cell.value);
    const next = text[cell.end];
    if (next === delimiter) at = cell.end + 1;
    else if (next === undefined) return { cells, complete: false };
    else return next === "\n" || next === "\r" ? { cells, complete: true } : undefined;
  }
}

function quotedCell(text: string, start: number): { value: string; end: number } | undefined {
  const match = /"((?:[^"]|"")*)"/y;
  match.lastIndex = start;
  const found = match.exec(text);
  return found ? { value: found[1]!.replaceAll('""', '"'), end: match.lastIndex } : undefined;
}

function plainCell(text: string, start: number, delimiter: string): { value: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end += 1;
  return { value: text.slice(start, end), end };
}

/**
 * Position in the header of each declared column. Columns of the file that nobody declared do no harm. `names` gives the header text of a
 * column whose name differs, `declaredIn` the file a person mends. Throws `InputError source.missing_column` or
 * `source.duplicate_column`, naming file, column, the header found and what to do.
 */
export function locateColumns(
  path: string,
  header: Header,
  declared: readonly string[],
  names: Readonly<Record<string, string>> = {},
  declaredIn = "the pipeline's YAML",
): Map<string, number> {
  const found = `header found: ${header.join(", ").slice(0, 1_000)}`;
  return new Map(
    declared.map((column) => {
      const wanted = names[column] ?? column;
      const index = header.indexOf(wanted);
      if (index < 0) {
        const help = otherDelimiter(header, declaredIn) ?? mendHeader(wanted, column, header, declaredIn);
        throw new InputError("source.missing_column", `${path} has no column ${wanted}; ${found}. ${help}`);
      }
      if (header.indexOf(wanted, index + 1) >= 0) {
        throw new InputError(
          "source.duplicate_column",
          `${path} has the column ${wanted} twice; ${found}. Rename one in the file.`,
        );
      }
      return [column, index];
    }),
  );
}

const DELIMITERS = [";", "\t", "|", ","];

/** A header of one cell that holds another delimiter was cut at the wrong places. */
function otherDelimiter([cell, ...more]: Header, declaredIn: string): string | undefined {
  const other = more.length === 0 ? DELIMITERS.find((one) => cell?.includes(one)) : undefined;
  if (other === undefined) return undefined;
  return `It is one cell with ${JSON.stringify(other)} in it: write \`format: { type: csv, delimiter: ${JSON.stringify(other)} }\` in ${declaredIn}.`;
}

function mendHeader(wanted: string, column: string, header: Header, declaredIn: string): string {
  const near = nearest(wanted, header);
  return near === undefined
    ? `Columns are declared in ${declaredIn}; \`from:\` there names a header that differs.`
    : `If ${near} is meant, write \`from: ${near}\` at the column ${column} in ${declaredIn}.`;
}
