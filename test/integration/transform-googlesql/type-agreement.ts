import { InputError } from "@lifecycle/contracts";
import { loadCompiler } from "@lifecycle/transform";
import type { GoogleSql } from "./googlesql.ts";
import { typeName, typeProto } from "./googlesql-values.ts";
import { typedColumns } from "./random-statement.ts";

const { compileQuery, declaredShape } = await loadCompiler();
const shape = declaredShape(typedColumns.map(([name, type]) => ({ name, type })));

/** Makes `ds.z` known to Google's engine. */
export function addTypedTable(google: GoogleSql): void {
  google.addShape(
    "ds.z",
    typedColumns.map(([name, type]) => ({ name, type: typeProto(type) })),
  );
}

/** The answers of both to the same statements. */
export interface Agreement {
  accepted: number;
  /** Refused by both. */
  caught: number;
  /** BigQuery's refusals of a type that we let pass. */
  missed: string[];
  /** What BigQuery takes and we refuse: must be none. */
  falselyRefused: string[];
  /** Types told otherwise than BigQuery's: must be none. One that is not told is no mistake. */
  otherType: string[];
}

/** Not about types: BigQuery wants a literal, as mostly the rewrite does too, or the snapshot of 2023 lacks the function. */
const otherwise =
  /must be a literal|literal or query parameter|must be non-NULL|JSONPath|must be between|Function not found/;

export async function compareTypes(google: GoogleSql, statements: Iterable<string>): Promise<Agreement> {
  const found: Agreement = { accepted: 0, caught: 0, missed: [], falselyRefused: [], otherType: [] };
  for (const sql of statements) {
    const ours = typesOf(sql);
    const refused = "refused" in ours ? ours.refused : undefined;
    if (refused !== undefined && !/\[type\.\w+\]/.test(refused)) continue; // refused by another rule, whatever its types
    const theirs = await google.analyse(sql.replaceAll("ds.z", "`ds.z`")).catch((error: Error) => error);
    const said = theirs instanceof Error ? theirs.message.split("\n")[0]! : "";
    if (otherwise.test(said)) continue;
    if (theirs instanceof Error) {
      if (refused === undefined) found.missed.push(`${sql}\n    BigQuery: ${said}`);
      else found.caught += 1;
    } else if ("refused" in ours) found.falselyRefused.push(`${sql}\n    ${ours.refused}`);
    else {
      found.accepted += 1;
      const types = theirs.map(({ type }) => typeName(type));
      const isOther = ours.types.some((type, index) => !type.includes("?") && type !== types[index]);
      if (isOther) found.otherType.push(`${sql}\n    ${ours.types.join(", ")}, BigQuery ${types.join(", ")}`);
    }
  }
  return found;
}

function typesOf(sql: string): { types: string[] } | { refused: string } {
  try {
    return compileQuery(sql, { engine: "duckdb", dataset: "ds" }, undefined, tables);
  } catch (error) {
    if (error instanceof InputError) return { refused: error.message };
    throw error;
  }
}

const tables = (parts: readonly string[]) => (parts.at(-1) === "z" ? shape : undefined);
