import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { LandedFile } from "@lifecycle/contracts";
import type { Rows } from "@lifecycle/landing";

export type WriteTable = (table: string, rows: Rows) => Promise<LandedFile>;

/** A row, or its JSON. */
type Row = object | string;

/** Rows that are kept until a part has been read; almost every part has fewer, and a list is written faster than a stream. */
const HELD_ROWS = 5_000;

/** What one try at a part lands, a file per table. However much comes, no more than a few thousand rows are held. */
export class TableWriters {
  readonly #write: WriteTable;
  readonly #held = new Map<string, Row[]>();
  readonly #open = new Map<string, OpenTable>();

  constructor(write: WriteTable) {
    this.#write = write;
  }

  /** Takes rows; waits where they come faster than they can be written. Throws what writing throws. */
  async add(table: string, rows: readonly Row[]): Promise<void> {
    const open = this.#open.get(table);
    if (open) {
      await open.push(rows);
      return;
    }
    const held = this.#held.get(table) ?? [];
    this.#held.set(table, held);
    for (const row of rows) held.push(row);
    if (held.length <= HELD_ROWS) return;
    this.#held.delete(table);
    const opened = new OpenTable((stream) => this.#write(table, stream));
    this.#open.set(table, opened);
    await opened.push(held);
  }

  /** Every file, complete. */
  async finish(): Promise<LandedFile[]> {
    const files: LandedFile[] = [];
    for (const [table, rows] of this.#held) files.push(await this.#write(table, rows));
    for (const open of this.#open.values()) files.push(await open.end());
    return files;
  }

  /** Gives up what is half written. Never throws. */
  async discard(): Promise<void> {
    await Promise.all([...this.#open.values()].map((open) => open.discard()));
  }
}

class OpenTable {
  readonly #stream = new PassThrough({ objectMode: true, highWaterMark: HELD_ROWS });
  readonly #written: Promise<LandedFile>;

  constructor(write: (rows: AsyncIterable<Row>) => Promise<LandedFile>) {
    // A writer that fails ends the stream; its own error is the one that tells.
    this.#stream.on("error", () => {});
    this.#written = write(this.#stream);
    this.#written.catch(() => {});
  }

  async push(rows: readonly Row[]): Promise<void> {
    for (const row of rows)
      if (!this.#stream.write(row)) await Promise.race([once(this.#stream, "drain"), this.#written]);
  }

  async end(): Promise<LandedFile> {
    this.#stream.end();
    return await this.#written;
  }

  async discard(): Promise<void> {
    this.#stream.destroy(new Error("the part was not read to its end"));
    await this.#written.catch(() => {});
  }
}
