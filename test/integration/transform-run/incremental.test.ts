import { describe } from "vitest";
import { engines } from "./engines.ts";
import { describeParts } from "./incremental-suite.ts";

// More seeds, and BigQuery: test/long/incremental.test.ts.
describe("parts on DuckDB", () => describeParts(engines.duckdb));
