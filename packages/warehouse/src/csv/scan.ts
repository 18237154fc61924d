import { InputError } from "@lifecycle/contracts";

/** A record that no CSV reader could read safely: where it lies (bytes of the file) and why it is set aside. */
export interface BadRecord {
  start: number;
  end: number;
  /** 1-based line of the file. */
  line: number;
  reason: string;
  /** At most 1,000 characters. */
  text: string;
}

export interface CsvScan {
  /** Records that are not blank, header included, bad ones not. */
  records: number;
  /** Blank lines after the header. */
  blank: number;
  bad: number;
  /** Where the header begins when blank lines stand before it, else 0. */
  headerStart: number;
  /** More than one way to end a line occurs. */
  mixedNewlines: boolean;
}

export interface ScanOptions {
  /** One ASCII character. */
  delimiter: string;
  maxLineBytes: number;
  onBad?(bad: BadRecord): void;
  /** Each record from the header on, blank ones too: its bytes without the line end, its first line and its place in the file. */
  onRecord?(bytes: Buffer, line: number, offset: number): void;
}

const SPACE = 32;
const LF = 10;
const CR = 13;
const QUOTE = 34;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const SAMPLE_CHARACTERS = 1_000;
/** Bytes that may be read twice because of unclosed quotes, beside once the whole file: bounds the time a hostile file can take. */
const PATIENCE_BYTES = 64_000_000;

const fieldStart = 0;
const unquoted = 1;
const quoted = 2;
const afterQuote = 3;
const afterSpace = 4;
const skipping = 5;

/**
 * Finds the records of a CSV file by RFC 4180's rules in one pass, with at most one record in memory: `push` the bytes, then `end`.
 *
 * Why it exists: DuckDB's reader drops everything after a quote that is never closed without an error and without a reject, runs out of
 * memory on a line of hundreds of megabytes, and refuses a whole file over mixed line ends (measured, 1.5.6).
 *
 * A bad quote costs its first line only: scanning goes on with the next. Throws `InputError source.unreadable` when that would take too long.
 */
export class CsvScanner {
  readonly #options: ScanOptions;
  readonly #delimiter: number;
  #state = fieldStart;
  /** Bytes not yet let go: those of the record being read. */
  #held: Buffer = Buffer.alloc(0);
  /** Place in the file of `#held[0]`, and its line. */
  #offset = 0;
  #line = 1;
  /** Index in `#held` up to which has been read. */
  #at = 0;
  /** Line feeds inside the quotes of the record being read. */
  #inner = 0;
  #skip = { start: 0, reason: "", sample: Buffer.alloc(0) };
  #readTwice = 0;
  readonly #newlines = new Set<number>();
  readonly #scan = { records: 0, blank: 0, bad: 0, headerStart: 0 };

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#delimiter = options.delimiter.charCodeAt(0);
  }

  push(chunk: Buffer): void {
    const before = this.#held.length;
    this.#held = before === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#offset === 0 && before < BOM.length && this.#at === 0) {
      if (this.#held.length < BOM.length) return;
      if (this.#held.subarray(0, BOM.length).equals(BOM)) this.#letGo(BOM.length);
    }
    this.#read(false);
  }

  end(): CsvScan {
    this.#read(true);
    while (this.#state === quoted) {
      this.#setAside("a quoted value is never closed");
      this.#read(true);
    }
    if (this.#state === skipping) this.#endSkip(this.#held.length);
    else if (this.#held.length > 0) this.#endRecord(this.#held.length, 0);
    this.#held = Buffer.alloc(0);
    return { ...this.#scan, mixedNewlines: this.#newlines.size > 1 };
  }

  /** Moves through what is held. Stops early only before a CR whose LF may come with the next bytes. */
  #read(final: boolean): void {
    while (this.#at < this.#held.length) {
      if (this.#state === skipping) this.#at = lineEnd(this.#held, this.#at);
      if (this.#at === this.#held.length) break;
      const byte = this.#held[this.#at]!;
      const ends = (byte === LF || byte === CR) && this.#state !== quoted;
      if (ends) {
        if (byte === CR && this.#at + 1 === this.#held.length && !final) break;
        const length = byte === CR && this.#held[this.#at + 1] === LF ? 2 : 1;
        this.#newlines.add(byte * length);
        if (this.#state === skipping) this.#endSkip(this.#at + length);
        else this.#endRecord(this.#at, length);
        continue;
      }
      this.#step(byte);
    }
    if (this.#state === skipping) this.#skipTo(this.#at);
  }

  #step(byte: number): void {
    switch (this.#state) {
      case fieldStart: // DuckDB takes blanks around quotes for nothing
        if (byte === QUOTE) this.#state = quoted;
        else if (byte !== this.#delimiter && byte !== SPACE) this.#state = unquoted;
        break;
      case unquoted:
        if (byte === this.#delimiter) this.#state = fieldStart;
        break;
      case quoted:
        if (byte === QUOTE) this.#state = afterQuote;
        else if (byte === LF) this.#inner += 1;
        break;
      case afterQuote:
      case afterSpace:
        if (byte === QUOTE && this.#state === afterQuote) this.#state = quoted;
        else if (byte === SPACE) this.#state = afterSpace;
        else if (byte === this.#delimiter) this.#state = fieldStart;
        else {
          this.#setAside("text follows a closing quote");
          return;
        }
    }
    this.#at += 1;
    if (this.#at > this.#options.maxLineBytes && this.#state !== skipping) this.#tooLong();
  }

  #tooLong(): void {
    const limit = this.#options.maxLineBytes;
    this.#setAside(
      this.#inner > 0 ? `a quoted value is not closed within ${limit} bytes` : `longer than ${limit} bytes`,
    );
  }

  /** Goes back to where the record began and lets its first line pass unread. */
  #setAside(reason: string): void {
    this.#readTwice += this.#at;
    if (this.#readTwice > PATIENCE_BYTES + this.#offset) {
      throw new InputError(
        "source.unreadable",
        `quotes do not match from line ${this.#line} on: is this a CSV file?`,
      );
    }
    this.#skip = { start: this.#offset, reason, sample: Buffer.alloc(0) };
    this.#state = skipping;
    this.#at = 0;
    this.#inner = 0;
  }

  /** Lets bytes of a bad line go, keeping the first ones to show. */
  #skipTo(end: number): void {
    const room = SAMPLE_CHARACTERS * 4 - this.#skip.sample.length;
    if (room > 0)
      this.#skip.sample = Buffer.concat([this.#skip.sample, this.#held.subarray(0, Math.min(end, room))]);
    this.#letGo(end);
  }

  #endSkip(end: number): void {
    this.#skipTo(end);
    const { start, reason, sample } = this.#skip;
    const text = sample
      .toString("utf8")
      .replace(/[\r\n]+$/, "")
      .slice(0, SAMPLE_CHARACTERS);
    this.#scan.bad += 1;
    this.#options.onBad?.({ start, end: this.#offset, line: this.#line, reason, text });
    this.#line += 1;
    this.#state = fieldStart;
  }

  #endRecord(end: number, newline: number): void {
    if (end > 0) this.#scan.records += 1;
    else if (this.#scan.records > 0) this.#scan.blank += 1;
    if (this.#scan.records > 0)
      this.#options.onRecord?.(this.#held.subarray(0, end), this.#line, this.#offset);
    else this.#scan.headerStart = this.#offset + newline;
    this.#line += 1 + this.#inner;
    this.#letGo(end + newline);
    this.#inner = 0;
    this.#state = fieldStart;
  }

  #letGo(bytes: number): void {
    this.#held = this.#held.subarray(bytes);
    this.#offset += bytes;
    this.#at = 0;
  }
}

/** Index of the next CR or LF, or the length. */
function lineEnd(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const line = lf < 0 ? bytes : bytes.subarray(0, lf);
  const cr = line.indexOf(CR, from);
  return cr < 0 ? line.length : cr;
}
