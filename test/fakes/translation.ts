import { loadCompiler } from "@lifecycle/transform";
import { ApiError } from "./rest/api-error.ts";

/**
 * What BigQuery SQL means to the fakes: the product's own rewrite, which is held against Google's engine elsewhere
 * (`test/integration/transform-googlesql`). What it refuses, the fake refuses.
 */
export async function productTranslation(): Promise<
  (sql: string, defaultDataset: string | undefined) => string
> {
  const { compileQuery } = await loadCompiler();
  const known = new Map<string, string>();
  return (sql, defaultDataset) => {
    const key = `${defaultDataset} ${sql}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    try {
      const home = (table: string) => {
        if (defaultDataset !== undefined) return defaultDataset;
        throw new Error(`Table "${table}" must be qualified with a dataset (e.g. dataset.table).`);
      };
      const translated = compileQuery(sql, { engine: "duckdb", dataset: "" }, home).sql;
      known.set(key, translated);
      return translated;
    } catch (error) {
      throw new ApiError(400, "invalidQuery", (error as Error).message);
    }
  };
}
