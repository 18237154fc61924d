import { createHash } from "node:crypto";

/**
 * An id BigQuery accepts (letters, digits, `_`, `-`, at most 1,024), made from ours. Where characters had to give way or it was too long, a
 * digest keeps two different ids apart.
 */
export function bigqueryJobId(...parts: readonly string[]): string {
  const id = parts.join("__");
  const safe = id.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 900);
  return safe === id ? id : `${safe}__${digest(id)}`;
}

/** Twelve hex digits that change when the text does. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** A label as BigQuery allows it: lower case, digits, `_`, `-`, at most 63. */
export function label(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "-")
    .slice(0, 63);
}

/** The labels of a job: what it does, for which table, and those of the settings. */
export function jobLabels(own: Readonly<Record<string, string>> | undefined, kind: string, table?: string) {
  return { app: "lifecycle", kind, ...(table === undefined ? {} : { table: label(table) }), ...own };
}
