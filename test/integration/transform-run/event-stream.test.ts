import { describe } from "vitest";
import { engines } from "./engines.ts";
import { describeEventStream } from "./event-stream-suite.ts";

// More seeds, and BigQuery: test/long/incremental.test.ts.
describe("the event stream on DuckDB", () => describeEventStream({ ...engines.duckdb, seeds: [1] }));
