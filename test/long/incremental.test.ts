import { describe } from "vitest";
import { engines } from "../integration/transform-run/engines.ts";
import { describeParts } from "../integration/transform-run/incremental-suite.ts";

describe("parts on BigQuery", () => describeParts(engines.bigquery));
