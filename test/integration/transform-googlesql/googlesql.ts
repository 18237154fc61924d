import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { decodeValue, type SqlType, type WireValue } from "./googlesql-values.ts";

/** An answer of Google's engine: types by BigQuery's name, values in the canonical text of `canonical.ts`. */
export interface GoogleAnswer {
  columns: { name: string; type: SqlType }[];
  rows: unknown[][];
}

/** A table whose rows are those of a query, readable under its dotted name. */
export interface FixtureTable {
  name: string;
  select: string;
}

interface TableProto {
  name: string;
  column: { name: string; type: SqlType }[];
}

interface Service extends grpc.Client {
  [method: string]: unknown;
}

const packageFolder = (() => {
  try {
    return dirname(createRequire(import.meta.url).resolve("@fivetrandevelopers/zetasql"));
  } catch {
    return undefined;
  }
})();

const binary = (): string | undefined => {
  const suffix = `${process.arch.startsWith("arm") ? "_arm" : ""}${process.platform === "darwin" ? "" : ".so"}`;
  const path = packageFolder && join(packageFolder, "zetasql", `remote_server${suffix}`);
  return path && existsSync(path) ? path : undefined;
};

/**
 * Google's own GoogleSQL reference engine in a process of its own on a free loopback port (snapshot of mid-2023).
 * `undefined` with a reason where its binary is missing or does not run, such as on Alpine.
 */
export async function startGoogleSql(): Promise<GoogleSql | { unavailable: string }> {
  const path = binary();
  if (path === undefined) return { unavailable: "the GoogleSQL engine is not installed for this platform" };
  const port = await freePort();
  const child = spawn(path, ["localhost", String(port)], { stdio: "ignore" });
  process.once("exit", () => child.kill("SIGKILL")); // also when a test file fails before its hooks
  let ended: string | undefined;
  child.once("error", (error) => {
    ended = error.message;
  });
  child.once("exit", (code) => {
    ended ??= `exit ${code}`;
  });
  const client = connect(port);
  for (let attempt = 0; attempt < 200; attempt++) {
    if (ended !== undefined) return { unavailable: `the GoogleSQL engine does not run here: ${ended}` };
    if (await answers(client)) return GoogleSql.open(child, client);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  return { unavailable: "the GoogleSQL engine did not answer within 10 s" };
}

function connect(port: number): Service {
  const folder = join(packageFolder!, "zetasql", "protos");
  const definition = loadSync(join(folder, "local_service.proto"), {
    includeDirs: [folder],
    longs: String,
    enums: String,
    keepCase: false,
    oneofs: true,
  });
  const root = grpc.loadPackageDefinition(definition) as unknown as Record<
    string,
    Record<string, Record<string, unknown>>
  >;
  const Client = root.zetasql!.local_service!.ZetaSqlLocalService as unknown as new (
    address: string,
    credentials: grpc.ChannelCredentials,
    options: object,
  ) => Service;
  return new Client(`localhost:${port}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
  });
}

async function answers(client: Service): Promise<boolean> {
  try {
    await call(client, "FormatSql", { sql: "SELECT 1" });
    return true;
  } catch {
    return false;
  }
}

function call<T>(client: Service, method: string, request: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const run = client[method] as (
      request: object,
      options: object,
      done: (error: Error | null, answer: T) => void,
    ) => void;
    run.call(client, request, { deadline: Date.now() + 120_000 }, (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

export class GoogleSql {
  private readonly child: ChildProcess;
  private readonly client: Service;
  private readonly language: object;
  private readonly tables: { proto: TableProto; rows: unknown[] }[] = [];

  private constructor(child: ChildProcess, client: Service, language: object) {
    this.child = child;
    this.client = client;
    this.language = language;
  }

  static async open(child: ChildProcess, client: Service): Promise<GoogleSql> {
    const options = await call<{ enabledLanguageFeatures: string[] }>(client, "GetLanguageOptions", {
      maximumFeatures: true,
    });
    const language = {
      ...options,
      enabledLanguageFeatures: [
        // BigQuery's timestamps have microseconds.
        ...options.enabledLanguageFeatures.filter((feature) => feature !== "FEATURE_TIMESTAMP_NANOS"),
        "FEATURE_INTERVAL_TYPE",
        "FEATURE_V_1_3_ALLOW_DASHES_IN_TABLE_NAME",
      ],
      productMode: "PRODUCT_EXTERNAL",
      supportedStatementKinds: [],
    };
    return new GoogleSql(child, client, language);
  }

  async close(): Promise<void> {
    this.client.close();
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }

  /** Fills a table with the rows of a query; later queries read it as `` `dataset.table` ``. */
  async addTable({ name, select }: FixtureTable): Promise<void> {
    const { content, types } = await this.run(select);
    this.tables.push({
      proto: { name, column: types.map((column) => ({ name: column.name, type: column.type })) },
      rows: content,
    });
  }

  /** A table without rows, for type checks. */
  addShape(name: string, columns: readonly { name: string; type: SqlType }[]): void {
    this.tables.push({ proto: { name, column: [...columns] }, rows: [] });
  }

  dropTables(): void {
    this.tables.length = 0;
  }

  /** Rows of one query. Throws the engine's error. */
  async query(sql: string): Promise<GoogleAnswer> {
    const { content, types } = await this.run(sql);
    const rows = content.map((row) =>
      ((row as { cell?: WireValue[] }).cell ?? []).map((cell, index) =>
        decodeValue(cell, types[index]!.type),
      ),
    );
    return { columns: types, rows };
  }

  /** Names and types of a query's columns. Throws with `[at line:column]` when it is not valid GoogleSQL. */
  async analyse(sql: string): Promise<{ name: string; type: SqlType }[]> {
    const answer = await call<{
      resolvedStatement: { resolvedQueryStmtNode?: { outputColumnList: OutputColumn[] } };
    }>(this.client, "Analyze", { ...this.request(false), sqlStatement: sql });
    return (answer.resolvedStatement.resolvedQueryStmtNode?.outputColumnList ?? []).map(
      ({ name, column }) => ({
        name,
        type: column.type,
      }),
    );
  }

  /** The tables that a statement or a script names. Throws where Google's grammar has no such text. */
  async tableNames(sql: string): Promise<string[]> {
    const answer = await call<{ tableName?: { tableNameSegment: string[] }[] }>(
      this.client,
      "ExtractTableNamesFromStatement",
      { sqlStatement: sql, options: this.language, allowScript: true },
    );
    return (answer.tableName ?? []).map(({ tableNameSegment }) => tableNameSegment.join("."));
  }

  private async run(sql: string): Promise<{ content: unknown[]; types: { name: string; type: SqlType }[] }> {
    const answer = await call<QueryAnswer>(this.client, "EvaluateQuery", { ...this.request(true), sql });
    return { content: answer.content?.tableData?.row ?? [], types: answer.prepared?.columns ?? [] };
  }

  private request(withContent: boolean): object {
    const languageOptions = this.language;
    const tableContent = Object.fromEntries(
      this.tables.map(({ proto, rows }) => [proto.name, { tableData: { row: rows } }]),
    );
    return {
      options: {
        languageOptions,
        defaultTimezone: "UTC",
        allowedHintsAndOptions: {},
        errorMessageMode: "ERROR_MESSAGE_ONE_LINE",
      },
      simpleCatalog: {
        name: "catalog",
        builtinFunctionOptions: { languageOptions },
        table: this.tables.map(({ proto }) => proto),
      },
      descriptorPoolList: { definitions: [{ builtin: {} }] },
      ...(withContent ? { tableContent } : {}),
    };
  }
}

interface OutputColumn {
  name: string;
  column: { type: SqlType };
}

interface QueryAnswer {
  content?: { tableData?: { row?: unknown[] } };
  prepared?: { columns?: { name: string; type: SqlType }[] };
}
