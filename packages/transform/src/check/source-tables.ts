import { type Column, ColumnType } from "@lifecycle/contracts";
import { parse } from "yaml";
import { z } from "zod";
import { readTree, type Tree } from "../project/read-tree.ts";

/** One raw table as the YAML under `sources` describes it. */
export interface SourceTable {
  table: string;
  description: string | null;
  columns: readonly { name: string; type: string | null; description: string | null }[];
}

const Sources = z.object({
  sources: z
    .array(
      z.object({
        tables: z
          .array(
            z.object({
              name: z.string(),
              description: z.string().optional(),
              columns: z
                .array(
                  z.object({
                    name: z.string(),
                    data_type: z.string().optional(),
                    description: z.string().optional(),
                  }),
                )
                .optional(),
            }),
          )
          .optional(),
      }),
    )
    .optional(),
});

/** SQL tree and overlay, read again: for what the compiled project does not carry. The overlay comes last. */
export async function readTrees(at: { sqlDir: string; overlayDir?: string | undefined }): Promise<Tree[]> {
  const trees = [await readTree(at.sqlDir)];
  if (at.overlayDir !== undefined) trees.push(await readTree(at.overlayDir));
  return trees;
}

/** Raw tables by name; one that a later tree describes again counts as described there. For trees that compile. */
export function sourceTablesOf(trees: readonly Tree[]): Map<string, SourceTable> {
  const tables = new Map<string, SourceTable>();
  for (const { text } of trees.flatMap((tree) => tree.yaml)) {
    const read = Sources.safeParse(parse(text));
    for (const { name, description, columns } of (read.data?.sources ?? []).flatMap(
      (source) => source.tables ?? [],
    )) {
      tables.set(name, {
        table: name,
        description: description ?? null,
        columns: (columns ?? []).map((column) => ({
          name: column.name,
          type: column.data_type ?? null,
          description: column.description ?? null,
        })),
      });
    }
  }
  return tables;
}

/** Columns with their types, or undefined where the YAML does not give all of them. */
export function contractOfSource({ columns }: SourceTable): Column[] | undefined {
  const contract: Column[] = [];
  for (const { name, type } of columns) {
    const known = ColumnType.safeParse(type);
    if (!known.success) return undefined;
    contract.push({ name, type: known.data });
  }
  return contract.length > 0 ? contract : undefined;
}
