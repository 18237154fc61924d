import { createHash, createHmac } from "node:crypto";
import { type Column, FatalError, type TableContract } from "@lifecycle/contracts";

export type PiiPolicy = "hash" | "drop" | "keep";

/** What becomes of columns that a contract tags as personal, before anything is landed or loaded. */
export interface PersonalData {
  policy: PiiPolicy;
  /** HMAC-SHA256 of a value as 64 hex digits. An e-mail address gives the same whatever its case. Throws `pii.no_salt`. */
  hash(text: string): string;
  /** The key as an engine needs it to compute the same: both padded blocks of the HMAC, in hex. Throws `pii.no_salt`. */
  pads(): { inner: string; outer: string };
}

const BLOCK_BYTES = 64;
const DROPPED = "[dropped]";

/** `salt` is the key; without one nothing can be hashed, and whoever tries stops. */
export function personalData(policy: PiiPolicy, salt: string | undefined): PersonalData {
  const key = (): string => {
    if (salt !== undefined) return salt;
    throw new FatalError(
      "pii.no_salt",
      "Personal data are to be hashed and there is no salt. Set PII_SALT, or pii.policy to drop.",
    );
  };
  return {
    policy,
    hash: (text) => createHmac("sha256", key()).update(normalized(text)).digest("hex"),
    pads: () => {
      const given = Buffer.from(key());
      const short = given.length > BLOCK_BYTES ? createHash("sha256").update(given).digest() : given;
      const block = Buffer.concat([short, Buffer.alloc(BLOCK_BYTES - short.length)]);
      const xor = (byte: number) => Buffer.from(block.map((each) => each ^ byte)).toString("hex");
      return { inner: xor(0x36), outer: xor(0x5c) };
    },
  };
}

/** E-mail addresses are the same in any case; other ids are not. */
function normalized(text: string): string {
  return text.includes("@") ? text.trim().toLowerCase() : text;
}

/** A row as it may be landed: tagged columns hashed or emptied, the others as they are. */
export function protectRow(
  table: TableContract,
  row: Record<string, unknown>,
  personal: PersonalData,
): Record<string, unknown> {
  if (personal.policy === "keep") return row;
  const tagged = table.columns.filter((column) => column.pii);
  if (tagged.length === 0) return row;
  return {
    ...row,
    ...Object.fromEntries(tagged.map((column) => [column.name, protect(column, row[column.name], personal)])),
  };
}

/** A row that fits no schema may hold anything anywhere: of a table with personal data all of its values are treated so. */
export function protectRejected(
  table: TableContract | undefined,
  row: unknown,
  personal: PersonalData,
): unknown {
  if (personal.policy === "keep" || !table?.columns.some((column) => column.pii)) return row;
  return personal.policy === "drop" ? null : hashLeaves(row, personal);
}

function protect(column: Column, value: unknown, personal: PersonalData): unknown {
  if (value === null || value === undefined) return null;
  if (personal.policy === "drop") return column.required && column.type === "STRING" ? DROPPED : null;
  if (column.type === "JSON") return hashLeaves(value, personal);
  // A hash is text: in a column of another type there is no room for it.
  return column.type === "STRING" ? personal.hash(String(value)) : null;
}

/** Names stay, values go: an object's shape tells nobody's address. */
function hashLeaves(value: unknown, personal: PersonalData): unknown {
  if (value === null || value === undefined || typeof value === "boolean") return value ?? null;
  if (Array.isArray(value)) return value.map((each) => hashLeaves(each, personal));
  if (typeof value === "object")
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, hashLeaves(each, personal)]),
    );
  return personal.hash(String(value));
}
