import { findingAt } from "../project/places.ts";
import type { Materialisation, Model } from "../project/types.ts";
import { ModelFindings } from "./findings.ts";

export const isPublished = (model: Model) => model.config.meta?.published === true;

/**
 * A published model is a table unless it says how else its rows are kept. A view has none: between its tests and its publishing
 * another load may change what it shows, and readers would see rows that no test saw.
 */
export function materialisationOf(model: Model): Materialisation {
  const { materialized = isPublished(model) ? "table" : "view" } = model.config;
  if (isPublished(model) && materialized === "view")
    throw new ModelFindings([
      findingAt(
        model.file,
        0,
        `${model.name} is published, but a view keeps no rows: what is published would not be what was tested`,
        "Write materialized='table', or leave it out.",
      ),
    ]);
  return materialized;
}

/** Whom BigQuery lets read. */
const MEMBER =
  /^(user|group|serviceAccount|domain|principal|principalSet):\S+$|^all(Authenticated)?Users$|^project(Owners|Editors|Viewers):\S+$/;

export function grantsOf(model: Model): Record<string, string[]> {
  const given = Object.entries(model.config.grants ?? {});
  const grants = given.map(([role, members]) => [role, [members].flat()] as const);
  const odd = grants.flatMap(([, members]) => members).find((member) => !MEMBER.test(member));
  if (odd !== undefined)
    throw new ModelFindings([
      findingAt(model.file, 0, `grants: ${odd} is nobody`, "Write user:…, group:… or serviceAccount:… ."),
    ]);
  return Object.fromEntries(grants);
}

/** The column of `partition_by`. */
export function partitionColumn(model: Model): string | null {
  const given = model.config.partition_by;
  if (typeof given === "string") return given;
  if (given !== null && typeof given === "object" && !Array.isArray(given) && "field" in given)
    return String(given.field);
  return null;
}

export function listOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map(String) : [];
}
