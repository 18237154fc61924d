import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { land } from "../warehouse-support/files.ts";
import { buildAll, buildModel, type Otherwise, sources } from "./project.ts";

type Row = Record<string, unknown>;

/** The stamps of everything one run lands. */
export interface Run {
  pass: number;
  window_from: string | null;
  window_until: string | null;
  _run_id: string;
  _extracted_at: string;
}

/** Run number `pass` over `window`; each later pass read the source a day later. */
export function run(pass: number, window: [from: string, until: string] | "all" = "all", name = "t"): Run {
  const [from, until] = window === "all" ? [null, null] : window;
  return {
    pass,
    window_from: from,
    window_until: until,
    _run_id: `main__${name}__${from ?? "all"}__p${pass}`,
    _extracted_at: `2026-05-${String(pass).padStart(2, "0")}T06:00:00.000Z`,
  };
}

/** A row of `raw_campaign_variant_daily`: a day of one variation's mail. */
export const variant = (campaign_id: string, activity_date: string, variation_id: string, more: object) => ({
  campaign_id,
  activity_date,
  channel: "email",
  variation_id,
  ...more,
});

/** The project's models over rows of a test's own: raw rows in, rows of any model out. */
export class BuiltModels {
  readonly warehouse: Warehouse;
  readonly folder: string;
  private readonly otherwise: Otherwise;

  private constructor(warehouse: Warehouse, folder: string, otherwise: Otherwise) {
    this.warehouse = warehouse;
    this.folder = folder;
    this.otherwise = otherwise;
  }

  static async open(otherwise: Otherwise = {}): Promise<BuiltModels> {
    const folder = await mkdtemp(path.join(tmpdir(), "lifecycle-models-"));
    try {
      const warehouse = await openDuckdbWarehouse({ path: path.join(folder, "w.duckdb") });
      await warehouse.bootstrap(sources);
      return new BuiltModels(warehouse, folder, otherwise);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.warehouse.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Appends what `of` landed for a raw table, under the load id of that run and table. */
  async load(table: string, of: Run, rows: readonly Row[]): Promise<void> {
    const source = sources.find((candidate) => candidate.table === table);
    if (!source) throw new Error(`no source ${table}`);
    const loadId = `load__${of._run_id}__rows`;
    const stamped = rows.map((row) => ({
      workspace: "main",
      data_state: "closed",
      ...of,
      _load_id: loadId,
      ...row,
    }));
    const stranger = stamped
      .flatMap(Object.keys)
      .find((key) => !source.columns.some(({ name }) => name === key));
    if (stranger) throw new Error(`${table} has no column ${stranger}`);
    const files = [await land(this.folder, stamped, "none", table)];
    await this.warehouse.load({ loadId, table, columns: source.columns, files, disposition: "append" });
  }

  /** Builds every model, or those that were chosen, anew. */
  async build(): Promise<void> {
    await buildAll(this.warehouse, this.otherwise);
  }

  /** Builds one model anew from the others as they stand, untested. */
  async rebuild(model: string): Promise<void> {
    await buildModel(this.warehouse, model);
  }

  /** Rows of a built model as objects, in the order of `columns`. */
  async rows(model: string, columns: string, where = "TRUE"): Promise<Row[]> {
    const sql = `SELECT ${columns} FROM ${this.warehouse.datasets.build}.${model} WHERE ${where} ORDER BY ${columns}`;
    const answer = await this.warehouse.query(sql);
    return answer.rows.map((row) => Object.fromEntries(answer.columns.map(({ name }, i) => [name, row[i]])));
  }
}
