import { formatTable } from "./terminal.ts";

/** The narrowest that words are wrapped to. */
const LEAST = 24;

/** A text in lines no longer than the width, all but the first moved to the right. */
export function wrapped(text: string, width: number, indent = ""): string {
  const room = Math.max(LEAST, width - indent.length);
  return linesOf(text, room).join(`\n${indent}`);
}

/**
 * A table that fits the width: columns that can be spared go first, in the order given, and are named below it; then the words of the
 * last column are wrapped.
 */
export function fittedTable(
  header: readonly string[],
  rows: readonly (readonly unknown[])[],
  width: number,
  sparable: readonly string[] = [],
): string {
  for (let spared = 0; ; spared++) {
    const gone = sparable.slice(0, spared);
    const kept = header.map((_, i) => i).filter((i) => !gone.includes(header[i]!));
    const names = kept.map((i) => header[i]!);
    const cells = rows.map((row) => kept.map((i) => row[i]));
    const isLast = spared === sparable.length;
    const table = formatTable(names, cells);
    if (widthOf(table) > width && !isLast) continue;
    const fitted = widthOf(table) > width ? formatTable(names, lastWrapped(names, cells, width)) : table;
    if (gone.length === 0) return fitted;
    return `${fitted}\n${wrapped(`(In a wider window also: ${gone.join(", ")}.)`, width)}`;
  }
}

function lastWrapped(header: readonly string[], rows: readonly (readonly unknown[])[], width: number) {
  const before = formatTable(
    header.slice(0, -1),
    rows.map((row) => row.slice(0, -1)),
  );
  const room = Math.max(LEAST, width - widthOf(before) - 2);
  return rows.flatMap((row) =>
    linesOf(String(row.at(-1) ?? ""), room).map((part, i) => [
      ...row.slice(0, -1).map((cell) => (i === 0 ? cell : "")),
      part,
    ]),
  );
}

const widthOf = (table: string) => Math.max(...table.split("\n").map(({ length }) => length));

function linesOf(text: string, room: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
