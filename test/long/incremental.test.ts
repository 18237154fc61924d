import { describe } from "vitest";
import { engines } from "../integration/transform-run/engines.ts";
import { describeEventStream } from "../integration/transform-run/event-stream-suite.ts";
import { describeParts } from "../integration/transform-run/incremental-suite.ts";

describe("parts on BigQuery", () => describeParts(engines.bigquery));
describe("parts on DuckDB", () => describeParts({ ...engines.duckdb, seeds: [2, 3], steps: 8 }));
describe("the event stream on BigQuery", () => describeEventStream(engines.bigquery));
describe("the event stream on DuckDB", () =>
  describeEventStream({ ...engines.duckdb, seeds: [2, 3, 4, 5], steps: 10 }));
