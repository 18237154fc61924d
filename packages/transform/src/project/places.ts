import { InputError } from "@lifecycle/contracts";

/** A file of the project as read. `name` is relative to the working folder of the reader: what errors show. */
export interface SourceFile {
  name: string;
  text: string;
}

export interface Place {
  file: string;
  line: number;
  column: number;
}

/** One thing that is wrong, and where. */
export interface Finding {
  place: Place;
  message: string;
  hint?: string | undefined;
  /** The line it stands in. */
  excerpt?: string | undefined;
}

/** Line and column, both from 1, of a character offset. */
export function placeOf(file: SourceFile, offset: number): Place {
  const before = file.text.slice(0, offset);
  const line = before.split("\n").length;
  return { file: file.name, line, column: offset - before.lastIndexOf("\n") };
}

export function findingAt(file: SourceFile, offset: number, message: string, hint?: string): Finding {
  const place = placeOf(file, offset);
  return { place, message, hint, excerpt: file.text.split("\n")[place.line - 1] };
}

const SHOWN = 8;

/** All findings in one screen: file:line:column, the cause, the line with a caret, what to write instead. */
export function inputError(code: string, findings: readonly Finding[]): InputError {
  const shown = findings.slice(0, SHOWN).map(describe);
  const more = findings.length - shown.length;
  return new InputError(code, [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n"));
}

function describe({ place, message, hint, excerpt }: Finding): string {
  const lines = [`${place.file}:${place.line}:${place.column} ${message}`];
  if (excerpt !== undefined && excerpt.trim() !== "") {
    const from = Math.max(0, place.column - 80);
    lines.push(
      `    ${excerpt.slice(from, from + 110)}`,
      `    ${" ".repeat(Math.max(0, place.column - 1 - from))}^`,
    );
  }
  if (hint !== undefined) lines.push(`    ${hint}`);
  return lines.join("\n");
}
