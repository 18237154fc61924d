import type { Finding } from "../project/places.ts";

/** What is wrong with one model; `compileProject` collects them. */
export class ModelFindings extends Error {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super(findings[0]?.message ?? "");
    this.findings = findings;
  }
}
