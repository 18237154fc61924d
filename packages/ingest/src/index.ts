export { controlRun } from "./control-run.ts";
export { readCoverage } from "./coverage.ts";
export {
  dropDeadLetters,
  type LetterFilter,
  listDeadLetters,
  type OpenLetter,
  retryDeadLetters,
} from "./dead-letters.ts";
export { type EraseDeps, eraseLanded, needlesOf, type PersonalTable, personalTables } from "./erase.ts";
export { type ExtractDeps, extractPart } from "./extract-part.ts";
export type { LimitOf } from "./ledger-rows.ts";
export {
  type Publishing,
  refusalKey,
  snapshotLedger,
} from "./ledger-snapshot.ts";
export { ledgerTables } from "./ledger-tables.ts";
export { type LoadDeps, loadResource } from "./load-resource.ts";
export {
  CAME_TOO_LATE,
  lateParts,
  missingExtracts,
  type NextStep,
  nextStep,
  publishedStatus,
  runOutcome,
} from "./next-work.ts";
export {
  type PersonalData,
  type PiiPolicy,
  personalData,
  protectRejected,
  protectRow,
} from "./personal-data.ts";
export { describeFile, FILE_RESOURCE, planFileRun } from "./plan-file-run.ts";
export { planRun } from "./plan-run.ts";
export { quarantineTable } from "./quarantine.ts";
export { type BucketLimit, type BucketQuote, type Quote, quotePlan } from "./quote.ts";
export { createRefusalCounter, type RefusalCounter } from "./refused-calls.ts";
export { type ReloadDeps, reloadLanded } from "./reload-landed.ts";
export { reopenRun, requestRun, type WantedRun } from "./request-run.ts";
export { mustBeKept } from "./retention.ts";
export { type RunState, readRunState } from "./run-state.ts";
export type { ExtractedPage, Source, SourceResource } from "./source.ts";
