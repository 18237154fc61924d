import avro from "avsc";
import { invalid } from "../rest/api-error.ts";
import type { Field } from "./types.ts";

/** A schema as a container's header spells it. */
type AvroSchema = string | AvroSchema[] | AvroType;

interface AvroType {
  type: AvroSchema;
  name?: string;
  namespace?: string;
  logicalType?: string;
  /** What BigQuery takes a text for. */
  sqlType?: string;
  scale?: number;
  precision?: number;
  fields?: { name: string; type: AvroSchema }[];
  items?: AvroSchema;
  values?: AvroSchema;
}

/** A file's columns as BigQuery names them, and its rows as JSON that `read_json` takes. */
export interface AvroContent {
  fields: Field[];
  rows: Record<string, unknown>[];
}

/** A column, and how its values are written; undefined where the file has NULL. */
interface Reading {
  field: Omit<Field, "name">;
  write(raw: unknown): unknown;
}

/** Longs beyond 2^53 stay exact. */
const exactLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

function longAsBigint(schema: unknown): avro.Type | undefined {
  return ((schema as { type?: unknown }).type ?? schema) === "long" ? exactLong : undefined;
}

/**
 * Reads one container file (codec `null` or `deflate`) as "Avro conversions" in BigQuery's documentation of loading Avro tells: fields that
 * take no NULL are REQUIRED, arrays and maps are REPEATED, and logical types count only where the job asks for them.
 */
export async function readAvro(file: Buffer, useLogicalTypes: boolean): Promise<AvroContent> {
  const decoder = new avro.streams.BlockDecoder({
    parseHook: (schema: unknown) =>
      avro.Type.forSchema(schema as never, { typeHook: longAsBigint, wrapUnions: true }),
  });
  let schema: AvroSchema | undefined;
  decoder.on("metadata", (_type: unknown, _codec: string, header: { meta: Record<string, Buffer> }) => {
    schema = JSON.parse(String(header.meta["avro.schema"])) as AvroSchema;
  });
  const raws: unknown[] = [];
  decoder.end(file);
  for await (const raw of decoder) raws.push(raw);
  if (schema === undefined) throw invalid("The Apache Avro library failed to parse the header");
  const root = new Reader(useLogicalTypes).read(schema);
  if (root.field.type !== "RECORD" || root.field.mode !== "REQUIRED")
    throw invalid("The Apache Avro file's schema must be a record");
  return {
    fields: root.field.fields ?? [],
    rows: raws.map((raw) => root.write(raw) as Record<string, unknown>),
  };
}

const primitives: Readonly<Record<string, string>> = {
  boolean: "BOOLEAN",
  int: "INTEGER",
  long: "INTEGER",
  float: "FLOAT",
  double: "FLOAT",
  bytes: "BYTES",
  string: "STRING",
  fixed: "BYTES",
  enum: "STRING",
};

const logical: Readonly<Record<string, { type: string; write: (raw: never, of: AvroType) => unknown }>> = {
  date: { type: "DATE", write: (days: number) => instant(BigInt(days) * DAY).slice(0, 10) },
  "time-millis": { type: "TIME", write: (ms: number) => instant(BigInt(ms) * 1_000n).slice(11) },
  "time-micros": { type: "TIME", write: (us: bigint) => instant(us).slice(11) },
  "timestamp-millis": { type: "TIMESTAMP", write: (ms: bigint) => `${instant(ms * 1_000n)}Z` },
  "timestamp-micros": { type: "TIMESTAMP", write: (us: bigint) => `${instant(us)}Z` },
  "local-timestamp-millis": { type: "DATETIME", write: (ms: bigint) => instant(ms * 1_000n) },
  "local-timestamp-micros": { type: "DATETIME", write: instant },
  decimal: { type: "NUMERIC", write: (bytes: Uint8Array, { scale = 0 }) => decimal(bytes, scale) },
};

class Reader {
  readonly #named = new Map<string, AvroSchema>();
  readonly #useLogicalTypes: boolean;

  constructor(useLogicalTypes: boolean) {
    this.#useLogicalTypes = useLogicalTypes;
  }

  read(schema: AvroSchema): Reading {
    if (Array.isArray(schema)) return this.#union(schema);
    if (typeof schema === "string") return this.#scalar({ type: schema });
    if (schema.name !== undefined) this.#named.set(schema.name, schema);
    switch (schema.type) {
      case "record":
        return this.#record(schema);
      case "array":
        return this.#repeated(this.read(schema.items!), (raw) => raw as unknown[]);
      case "map":
        return this.#map(this.read(schema.values!));
      default:
        return typeof schema.type === "string" ? this.#scalar(schema) : this.read(schema.type);
    }
  }

  #scalar(of: AvroType): Reading {
    const name = of.type as string;
    const known = this.#named.get(name.split(".").at(-1)!);
    if (known !== undefined && !(name in primitives)) return this.read(known);
    const special = logical[of.logicalType ?? ""];
    if (special && this.#useLogicalTypes)
      return {
        field: { type: special.type, mode: "REQUIRED" },
        write: (raw) => special.write(raw as never, of),
      };
    const type = of.sqlType ?? primitives[name];
    if (type === undefined) throw invalid(`the fake does not read Avro's ${name}`);
    return { field: { type, mode: "REQUIRED" }, write: plain };
  }

  #union(branches: AvroSchema[]): Reading {
    const [only, ...more] = branches.filter((branch) => branch !== "null");
    if (only === undefined || more.length > 0)
      throw invalid("the fake reads no Avro union but of null and one type");
    const { field, write } = this.read(only);
    if (field.mode === "REPEATED") throw invalid("the fake reads no Avro array that may be null");
    return {
      field: { ...field, mode: "NULLABLE" },
      // A branch comes under its name.
      write: (raw) => (raw === null ? null : write(Object.values(raw as object)[0])),
    };
  }

  #record({ fields = [] }: AvroType): Reading {
    const columns = fields.map(({ name, type }) => ({ name, ...this.read(type) }));
    return {
      field: {
        type: "RECORD",
        mode: "REQUIRED",
        fields: columns.map(({ name, field }) => ({ name, ...field })),
      },
      write: (raw) =>
        Object.fromEntries(
          columns.map(({ name, write }) => [name, write((raw as Record<string, unknown>)[name])]),
        ),
    };
  }

  #repeated({ field, write }: Reading, items: (raw: unknown) => unknown[]): Reading {
    return { field: { ...field, mode: "REPEATED" }, write: (raw) => items(raw).map(write) };
  }

  #map({ field, write }: Reading): Reading {
    const key = { name: "key", type: "STRING", mode: "REQUIRED" };
    const pair: Reading = {
      field: { type: "RECORD", fields: [key, { name: "value", ...field }] },
      write: (entry) => {
        const [name, value] = entry as [string, unknown];
        return { key: name, value: write(value) };
      },
    };
    return this.#repeated(pair, (raw) => Object.entries(raw as object));
  }
}

/** JSON of a value that means itself; an integer beyond 2^53 is written as text, which reads the same. */
function plain(raw: unknown): unknown {
  if (typeof raw === "bigint") return raw.toString();
  return raw instanceof Uint8Array ? Buffer.from(raw).toString("base64") : raw;
}

const DAY = 86_400_000_000n;

/** Microseconds since 1970 as `2026-01-31T00:00:00.000000`. */
function instant(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = (micros - fraction) / 1_000_000n;
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19);
  return `${text}.${fraction.toString().padStart(6, "0")}`;
}

/** Two's complement, big end first, of the value times ten to the scale. */
function decimal(bytes: Uint8Array, scale: number): string {
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`));
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const sign = unscaled < 0n ? "-" : "";
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}
