import type { DuckDBConnection } from "@duckdb/node-api";
import { ApiError, invalid, notFound } from "../rest/api-error.ts";
import { canonical, engineType, type Field, quote, refuseNames, schemaOf } from "./types.ts";

export interface DatasetEntry {
  id: string;
  location: string;
  resource: Record<string, unknown>;
}

export interface TableEntry {
  dataset: string;
  table: string;
  fields: Field[];
  creationTime: number;
  lastModifiedTime: number;
  /** Partitioning, clustering, labels and whatever else was given at its making. */
  resource: Record<string, unknown>;
  /** Who may do what with it, once somebody said so. */
  policy?: Policy;
}

export interface Policy {
  etag?: string;
  bindings?: { role: string; members: string[] }[];
}

/** Datasets are schemas, tables tables; what DuckDB does not know about them is kept here. */
export class Catalogue {
  readonly datasets = new Map<string, DatasetEntry>();
  readonly tables = new Map<string, TableEntry>();
  readonly #connection: DuckDBConnection;
  #clock = 1_700_000_000_000;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** Strictly rising, so that two changes are never at the same time. */
  now(): number {
    this.#clock += 1_000;
    return this.#clock;
  }

  dataset(id: string): DatasetEntry {
    const entry = this.datasets.get(id);
    if (!entry) throw notFound(`Dataset ${id}`);
    return entry;
  }

  /** Where a job runs that names no location: the real one goes by the datasets it names, here all lie where the first does. */
  home(): string {
    const [first] = this.datasets.values();
    return first?.location ?? "US";
  }

  /** A job sees the datasets of its own location only. */
  refuseElsewhere(location: string, ids: readonly (string | undefined)[]): void {
    for (const id of ids) {
      const lies = this.datasets.get(id ?? "")?.location;
      if (lies !== undefined && lies.toLowerCase() !== location.toLowerCase())
        throw notFound(`Dataset ${id} was not found in location ${location}`);
    }
  }

  async createDataset(id: string, resource: Record<string, unknown>): Promise<DatasetEntry> {
    if (!/^\w+$/.test(id)) throw invalid(`Invalid dataset ID "${id}"`);
    if (this.datasets.has(id)) throw new ApiError(409, "duplicate", `Already Exists: Dataset ${id}`);
    await this.#connection.run(`CREATE SCHEMA ${quote(id)}`);
    const entry = { id, location: String(resource.location ?? "US"), resource };
    this.datasets.set(id, entry);
    return entry;
  }

  async deleteDataset(id: string, withTables: boolean): Promise<void> {
    this.dataset(id);
    const own = [...this.tables.values()].filter((entry) => entry.dataset === id);
    if (own.length > 0 && !withTables)
      throw new ApiError(400, "resourceInUse", `Dataset ${id} is still in use`);
    await this.#connection.run(`DROP SCHEMA ${quote(id)} CASCADE`);
    for (const entry of own) this.tables.delete(`${id}.${entry.table}`);
    this.datasets.delete(id);
  }

  table(dataset: string, table: string): TableEntry {
    const entry = this.find(dataset, table);
    if (!entry) throw notFound(`Table ${dataset}.${table}`);
    return entry;
  }

  find(dataset: string, table: string): TableEntry | undefined {
    this.dataset(dataset);
    return this.tables.get(`${dataset}.${table}`);
  }

  /** The column by whose days a table is partitioned; undefined for any other table, or none. */
  readonly partitionOf = (dataset: string, table: string): string | undefined =>
    (this.tables.get(`${dataset}.${table}`)?.resource.timePartitioning as { field?: string } | undefined)
      ?.field;

  async createTable(
    dataset: string,
    table: string,
    fields: Field[],
    resource: Record<string, unknown>,
  ): Promise<TableEntry> {
    if (this.find(dataset, table))
      throw new ApiError(409, "duplicate", `Already Exists: Table ${dataset}.${table}`);
    refuseNames(fields);
    const named = fields.map(canonical);
    const columns = named.map((field) => `${quote(field.name)} ${engineType(field)}`);
    await this.#connection.run(`CREATE TABLE ${quote(dataset)}.${quote(table)} (${columns.join(", ")})`);
    return this.note(dataset, table, named, resource);
  }

  async createView(
    dataset: string,
    table: string,
    sql: string,
    resource: Record<string, unknown>,
  ): Promise<TableEntry> {
    if (this.find(dataset, table))
      throw new ApiError(409, "duplicate", `Already Exists: Table ${dataset}.${table}`);
    try {
      const fields = await schemaOf(this.#connection, sql);
      await this.#connection.run(`CREATE VIEW ${quote(dataset)}.${quote(table)} AS ${sql}`);
      return this.note(dataset, table, fields, resource);
    } catch (error) {
      throw new ApiError(400, "invalidQuery", (error as Error).message.split("\n", 1)[0]!);
    }
  }

  /** After a table was made or changed: who it is and since when. */
  note(dataset: string, table: string, fields: Field[], resource: Record<string, unknown> = {}): TableEntry {
    const now = this.now();
    const known = this.tables.get(`${dataset}.${table}`);
    const entry = {
      dataset,
      table,
      fields,
      creationTime: known?.creationTime ?? now,
      lastModifiedTime: now,
      resource: { ...known?.resource, ...resource },
      ...(known?.policy ? { policy: known.policy } : {}),
    };
    this.tables.set(`${dataset}.${table}`, entry);
    return entry;
  }

  async dropTable(dataset: string, table: string): Promise<void> {
    const { resource } = this.table(dataset, table);
    await this.#connection.run(`DROP ${resource.view ? "VIEW" : "TABLE"} ${quote(dataset)}.${quote(table)}`);
    this.tables.delete(`${dataset}.${table}`);
  }

  /** Another text of a view, with what else is patched of it. */
  async patchView(
    dataset: string,
    table: string,
    sql: string,
    resource: Record<string, unknown>,
  ): Promise<TableEntry> {
    if (!this.table(dataset, table).resource.view) throw invalid(`${dataset}.${table} is not a view`);
    try {
      const fields = await schemaOf(this.#connection, sql);
      await this.#connection.run(`CREATE OR REPLACE VIEW ${quote(dataset)}.${quote(table)} AS ${sql}`);
      return this.note(dataset, table, fields, resource);
    } catch (error) {
      throw new ApiError(400, "invalidQuery", (error as Error).message.split("\n", 1)[0]!);
    }
  }

  /** A patched schema may add columns at the end; it may not drop one or change a type. */
  async patchTable(dataset: string, table: string, patch: Record<string, unknown>): Promise<TableEntry> {
    const entry = this.table(dataset, table);
    const { schema, ...resource } = patch as { schema?: { fields?: Field[] } };
    if (!schema?.fields) return this.note(dataset, table, entry.fields, resource);
    refuseNames(schema.fields);
    const fields = schema.fields.map(canonical);
    for (const field of entry.fields) {
      const kept = fields.find((candidate) => candidate.name === field.name);
      if (kept?.type !== field.type) {
        throw invalid(
          `Provided Schema does not match Table ${dataset}.${table}. Field ${field.name} is missing or has changed type`,
        );
      }
    }
    for (const field of fields.filter(
      (candidate) => !entry.fields.some((known) => known.name === candidate.name),
    )) {
      if (field.mode === "REQUIRED")
        throw invalid(`Cannot add required fields to an existing schema. (field: ${field.name})`);
      const add = `ADD COLUMN ${quote(field.name)} ${engineType(field)}`;
      await this.#connection.run(`ALTER TABLE ${quote(dataset)}.${quote(table)} ${add}`);
    }
    return this.note(dataset, table, fields, resource);
  }
}
