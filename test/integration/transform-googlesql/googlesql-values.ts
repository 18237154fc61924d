import { canonicalJson, canonicalNumber } from "./canonical.ts";

/** GoogleSQL's type proto, as far as we read it. */
export interface SqlType {
  typeKind: string;
  arrayType?: { elementType: SqlType } | null;
  structType?: { field: { fieldName: string; fieldType: SqlType }[] } | null;
}

export type WireValue = Record<string, unknown>;

const simpleNames: Readonly<Record<string, string>> = {
  TYPE_INT64: "INT64",
  TYPE_STRING: "STRING",
  TYPE_BOOL: "BOOL",
  TYPE_DOUBLE: "FLOAT64",
  TYPE_NUMERIC: "NUMERIC",
  TYPE_DATE: "DATE",
  TYPE_DATETIME: "DATETIME",
  TYPE_TIMESTAMP: "TIMESTAMP",
  TYPE_BYTES: "BYTES",
  TYPE_JSON: "JSON",
  TYPE_INTERVAL: "INTERVAL",
};

/** BigQuery's name of a type. */
export function typeName(type: SqlType): string {
  if (type.arrayType) return `ARRAY<${typeName(type.arrayType.elementType)}>`;
  if (type.structType)
    return `STRUCT<${type.structType.field.map((field) => `${field.fieldName} ${typeName(field.fieldType)}`).join(", ")}>`;
  return simpleNames[type.typeKind] ?? type.typeKind;
}

/** The proto of a scalar type by BigQuery's name. */
export function typeProto(name: string): SqlType {
  const array = /^ARRAY<(.*)>$/.exec(name)?.[1];
  if (array !== undefined) return { typeKind: "TYPE_ARRAY", arrayType: { elementType: typeProto(array) } };
  const kind = Object.entries(simpleNames).find(([, own]) => own === name)?.[0];
  if (kind === undefined) throw new Error(`no GoogleSQL type for ${name}`);
  return { typeKind: kind };
}

const DAY_MS = 86_400_000;

/** A value in the canonical form both engines are compared in. */
export function decodeValue(value: WireValue | undefined, type: SqlType): unknown {
  if (value === undefined || value.value === undefined) return null;
  switch (type.typeKind) {
    case "TYPE_INT64":
      return String(value.int64Value);
    case "TYPE_STRING":
      return value.stringValue;
    case "TYPE_BOOL":
      return value.boolValue;
    case "TYPE_DOUBLE":
      return canonicalNumber(Number(value.doubleValue));
    case "TYPE_NUMERIC":
      return canonicalNumber(Number(numericText(value.numericValue as Buffer)));
    case "TYPE_DATE":
      return new Date(Number(value.dateValue) * DAY_MS).toISOString().slice(0, 10);
    case "TYPE_TIMESTAMP": {
      const { seconds, nanos } = value.timestampValue as { seconds?: string; nanos?: number };
      return `${BigInt(seconds ?? 0) * 1_000_000n + BigInt(Math.trunc((nanos ?? 0) / 1000))}us`;
    }
    case "TYPE_DATETIME":
      return datetimeText(value.datetimeValue as { bitFieldDatetimeSeconds: string; nanos: number });
    case "TYPE_BYTES":
      return `0x${(value.bytesValue as Buffer).toString("hex")}`;
    case "TYPE_JSON":
      return canonicalJson(String(value.jsonValue));
    case "TYPE_ARRAY":
      return ((value.arrayValue as { element?: WireValue[] }).element ?? []).map((item) =>
        decodeValue(item, type.arrayType!.elementType),
      );
    case "TYPE_STRUCT":
      return type.structType!.field.map((field, index) =>
        decodeValue((value.structValue as { field: WireValue[] }).field[index], field.fieldType),
      );
    default:
      throw new Error(`cannot read a ${type.typeKind}`);
  }
}

/** Little-endian two's complement, nine decimals. */
function numericText(bytes: Buffer): string {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index]!);
  const signed = BigInt.asIntN(Math.max(8, bytes.length * 8), value);
  const digits = (signed < 0n ? -signed : signed).toString().padStart(10, "0");
  return `${signed < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** Fields packed from the right: seconds 6 bits, minutes 6, hours 5, days 5, months 4, years 14. */
function datetimeText({
  bitFieldDatetimeSeconds,
  nanos,
}: {
  bitFieldDatetimeSeconds: string;
  nanos: number;
}): string {
  let bits = BigInt(bitFieldDatetimeSeconds);
  const take = (width: bigint): string => {
    const part = bits & ((1n << width) - 1n);
    bits >>= width;
    return part.toString().padStart(2, "0");
  };
  const [second, minute, hour, day, month] = [take(6n), take(6n), take(5n), take(5n), take(4n)];
  const micros = String(Math.trunc((nanos ?? 0) / 1000)).padStart(6, "0");
  return `${bits.toString().padStart(4, "0")}-${month}-${day} ${hour}:${minute}:${second}.${micros}`;
}
