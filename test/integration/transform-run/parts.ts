import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TableContract } from "@lifecycle/contracts";
import {
  type CompiledModel,
  type CompiledProject,
  loadCompiler,
  type ModelOutcome,
  runModels,
  selectModels,
} from "@lifecycle/transform";
import type { Warehouse } from "@lifecycle/warehouse";
import { land } from "../warehouse-support/files.ts";
import type { PartsOf } from "./engines.ts";

const SQL = join(import.meta.dirname, "../../../sql");

/** The project of `sql/` for an engine, in the dataset `ds`. */
export async function compiledFor(
  engine: PartsOf["engine"],
  retentionDays?: number,
): Promise<CompiledProject> {
  const { compileProject, loadProject } = await loadCompiler();
  return compileProject(await loadProject({ sqlDir: SQL }), { engine, dataset: "ds", retentionDays });
}

/** Numbers below a bound, the same for the same seed (Park and Miller). */
export function dice(seed: number): (below: number) => number {
  let state = (seed * 7_919 + 1) % 2_147_483_647;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** A warehouse of its own with models that are built in parts, which are held against full builds. */
export class Parts {
  readonly warehouse: Warehouse;
  readonly models: readonly CompiledModel[];
  readonly #project: CompiledProject;
  readonly #tables: readonly TableContract[];
  readonly #folder: string;
  readonly #dispose: () => Promise<void>;
  #runs = 0;
  #wholes = 0;

  private constructor(
    project: CompiledProject,
    models: readonly CompiledModel[],
    tables: readonly TableContract[],
    at: { folder: string; warehouse: Warehouse; dispose: () => Promise<void> },
  ) {
    this.#project = project;
    this.models = models;
    this.#tables = tables;
    this.#folder = at.folder;
    this.warehouse = at.warehouse;
    this.#dispose = at.dispose;
  }

  /** `select` names the models, as `models run --select` does. */
  static async open(
    of: PartsOf,
    project: CompiledProject,
    tables: readonly TableContract[],
    select: string,
  ): Promise<Parts> {
    const folder = mkdtempSync(join(tmpdir(), "lifecycle-incremental-"));
    const { warehouse, dispose } = await of.open(folder);
    await warehouse.bootstrap(tables);
    const wanted = new Set(selectModels(project, select));
    const models = project.models.filter((model) => wanted.has(model.name));
    return new Parts(project, models, tables, { folder, warehouse, dispose });
  }

  async close(): Promise<void> {
    await this.#dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Loads rows, stamps included, under this load id; the same id again replaces them. */
  async load(table: string, loadId: string, rows: readonly object[]): Promise<void> {
    const { columns } = this.#tables.find((candidate) => candidate.table === table)!;
    const stamped = rows.map((row) => ({ ...row, _load_id: loadId }));
    const file = await land(this.#folder, stamped, "none", table);
    await this.warehouse.load({ loadId, table, columns, files: [file], disposition: "append" });
  }

  /** Brings the models up to date; `change` makes the project another one, `fullRefresh` builds all anew. */
  run(
    change: { project?: CompiledProject; fullRefresh?: boolean; now?: () => Date } = {},
  ): Promise<ModelOutcome[]> {
    const { project = this.#project, ...more } = change;
    return runModels(project, {
      warehouse: this.warehouse,
      select: this.models.map(({ name }) => name),
      runId: `r${++this.#runs}`,
      ...more,
      onFailure: "report",
    });
  }

  /** The rows of a table of `ds_build` as texts, in order. */
  async rows(table: string): Promise<string[]> {
    const { rows } = await this.warehouse.query(`SELECT * FROM ds_build.${table}`, { maxRows: 100_000 });
    return rows.map((row) => JSON.stringify(row)).toSorted();
  }

  /**
   * Rows that differ between each table built in parts and the same select run over everything now; tables without any are left out. A
   * table's inputs are compared the same way.
   */
  async differences(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const model of this.models.filter(
      ({ part, materialized }) => part && materialized !== "ephemeral",
    )) {
      const columns = model.contract ? { columns: model.contract } : {};
      const jobId = `whole-${++this.#wholes}`;
      await this.warehouse.materialise({ table: "whole", sql: model.sql, ...columns, jobId });
      const [built, whole] = [await this.rows(model.name), await this.rows("whole")];
      const differing =
        built.length === whole.length
          ? built.filter((row, i) => row !== whole[i]).length
          : built.length + whole.length;
      if (differing > 0) found[model.name] = differing;
    }
    return found;
  }
}

/** What was done for each model that was not left as it was: the days that were built, or the kind of build. */
export function acts(outcomes: readonly ModelOutcome[]): Record<string, string> {
  return Object.fromEntries(
    outcomes
      .filter(({ status }) => status !== "unchanged")
      .map(({ name, action, partitions }) => [name, partitions?.join() ?? action]),
  );
}
