import { StringDecoder } from "node:string_decoder";

/** A line that is no JSON: its length, since what stands in it may be personal. */
export interface BadLine {
  unreadableCharacters: number;
}

export type Line = { value: unknown } | { bad: BadLine };

/** Longer than any user: a file without line ends must not fill the memory. */
const LONGEST = 16 * 1024 * 1024;

/** Newline-delimited JSON out of pieces of files, however they are cut. */
export class JsonLines {
  #decoder = new StringDecoder("utf8");
  #rest = "";

  /** The lines that `piece` completes; the last piece of a file completes what is left of it. */
  push(piece: Uint8Array, last: boolean): Line[] {
    const text = this.#rest + this.#decoder.write(piece) + (last ? this.#decoder.end() : "");
    const lines = text.split("\n");
    this.#rest = last ? "" : (lines.pop() ?? "");
    if (this.#rest.length > LONGEST) {
      lines.push(this.#rest);
      this.#rest = "";
    }
    return lines.filter((line) => line.trim() !== "").map(parsed);
  }
}

function parsed(line: string): Line {
  try {
    return { value: JSON.parse(line) as unknown };
  } catch {
    return { bad: { unreadableCharacters: line.length } };
  }
}
