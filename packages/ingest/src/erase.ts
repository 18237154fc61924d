import type { Column, LandedFile, Manifest, Needles, TableContract } from "@lifecycle/contracts";
import type { Landing, Ledger } from "@lifecycle/landing";
import type { PersonalData } from "./personal-data.ts";
import { quarantineTable } from "./quarantine.ts";

/** How the rows of people may be recognised: by the identifiers as given, and by their hashes where those land. */
export function needlesOf(identifiers: readonly string[], personal: PersonalData): Needles {
  const given = [...new Set(identifiers.map((text) => text.trim()).filter((text) => text !== ""))];
  const hashes = personal.policy === "hash" ? given.map((text) => personal.hash(text)) : [];
  const mails = given.filter((text) => text.includes("@")).map((text) => text.toLowerCase());
  return { exact: [...new Set([...given, ...hashes])], anyCase: [...new Set(mails)] };
}

export interface PersonalTable {
  table: string;
  /** The columns that are searched. */
  columns: readonly Column[];
}

/** Tables that hold personal data by their contract, or rows that were set aside from them, with their columns of text and JSON. */
export function personalTables(tables: readonly TableContract[]): PersonalTable[] {
  const isSearched = ({ name, type }: Column) =>
    (type === "STRING" || type === "JSON") && !name.startsWith("_");
  return tables
    .filter(({ table, columns }) => table === quarantineTable.table || columns.some(({ pii }) => pii))
    .map(({ table, columns }) => ({ table, columns: columns.filter(isSearched) }));
}

/** Whether a row has one of the needles as a value, at whatever depth. */
export function holdsNeedle(row: unknown, { exact, anyCase }: Needles): boolean {
  const [known, lower] = [new Set(exact), new Set(anyCase)];
  const holds = (value: unknown): boolean => {
    if (typeof value === "string") return known.has(value) || lower.has(value.toLowerCase());
    if (Array.isArray(value)) return value.some(holds);
    return typeof value === "object" && value !== null && Object.values(value).some(holds);
  };
  return holds(row);
}

export interface EraseDeps {
  ledger: Ledger;
  landing: Landing;
}

/**
 * Looks through every landed part of the tables, and where `rewrite` is set writes those that hold a person again without them. A
 * person's own file, which was read where it lies, is not ours and is left. May be done again after an interruption.
 */
export async function eraseLanded(
  { ledger, landing }: EraseDeps,
  wanted: { tables: readonly PersonalTable[]; needles: Needles; rewrite: boolean; signal: AbortSignal },
): Promise<{ files: number; rows: number }> {
  const names = new Set(wanted.tables.map(({ table }) => table));
  const total = { files: 0, rows: 0 };
  for (const runId of (await ledger.listRunIds()).toSorted()) {
    const manifests = await ledger.readManifests(runId, await ledger.listLanded(runId));
    for (const manifest of manifests) {
      wanted.signal.throwIfAborted();
      const found = await eraseFiles(landing, manifest, names, wanted);
      total.files += found.files;
      total.rows += found.rows;
      if (found.rows > 0 && wanted.rewrite) await ledger.replaceManifest(found.manifest);
    }
  }
  return total;
}

async function eraseFiles(
  landing: Landing,
  manifest: Manifest,
  names: ReadonlySet<string>,
  { needles, rewrite }: { needles: Needles; rewrite: boolean },
): Promise<{ files: number; rows: number; manifest: Manifest }> {
  const files: LandedFile[] = [];
  let [changed, rows, ofRejects] = [0, 0, 0];
  for (const file of manifest.files) {
    const isOurs = names.has(file.target) && file.format === "ndjson";
    const found = isOurs ? await countRows(landing, file, needles) : 0;
    if (found === 0) {
      files.push(file);
      continue;
    }
    changed++;
    rows += found;
    if (file.target === quarantineTable.table) ofRejects += found;
    files.push(rewrite ? await withoutRows(landing, file, needles) : file);
  }
  const left = manifest.rows === null ? null : manifest.rows - (rows - ofRejects);
  return {
    files: changed,
    rows,
    manifest: { ...manifest, files, rows: left, rejected: manifest.rejected - ofRejects },
  };
}

async function countRows(landing: Landing, file: LandedFile, needles: Needles): Promise<number> {
  let found = 0;
  for await (const row of landing.readPart(file)) if (holdsNeedle(row, needles)) found++;
  return found;
}

/** Written aside and renamed: whoever reads the part meanwhile reads the one or the other. */
async function withoutRows(landing: Landing, file: LandedFile, needles: Needles): Promise<LandedFile> {
  async function* others() {
    for await (const row of landing.readPart(file)) if (!holdsNeedle(row, needles)) yield row;
  }
  const path = file.uri.replace(/^landing\//, "").replace(/\.ndjson\.gz$/, "");
  return landing.writePart(path, others(), file.target);
}
