import { brazeBuckets, brazeCatalogue } from "@lifecycle/braze";
import type { Coverage, RunPlan, RunRequest } from "@lifecycle/contracts";
import { type BucketLimit, type Quote, quotePlan, readCoverage } from "@lifecycle/ingest";
import type { Ledger } from "@lifecycle/landing";
import type { Workspace } from "@lifecycle/runtime";
import { duration, formatTable } from "./terminal.ts";

/** What is read until a page is the last one. An export is one call, however large: its file lies elsewhere. */
const PAGED: ReadonlySet<string> = new Set(
  brazeCatalogue
    .filter(({ paging }) => ["page", "offset", "cursor"].includes(paging.style))
    .map(({ slug }) => slug),
);

/** What a planned run will cost; what planning itself has asked is in it. */
export async function quoteRun(
  ledger: Ledger,
  workspace: Workspace,
  request: Pick<RunRequest, "runId" | "pipeline">,
  plan: RunPlan,
): Promise<Quote> {
  const landed = await ledger.listLanded(request.runId);
  const planned = plan.parts.filter(({ part }) => landed.has(part)).map(({ part }) => part);
  const manifests = await ledger.readManifests(request.runId, planned);
  const { volume }: Pick<Coverage, "volume"> = await readCoverage(ledger, workspace.name, request.pipeline);
  return quotePlan({
    parts: plan.parts,
    landed: new Map(
      manifests.map(({ part, calls, rows, files }) => [
        part,
        {
          calls: calls ?? 1,
          rows: rows ?? 0,
          bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
        },
      ]),
    ),
    limits: limitsOf(workspace),
    volume,
    paged: PAGED,
  });
}

/** The documented limits, or the contract's own, and the share of them that is ours. */
function limitsOf({ braze }: Workspace): Record<string, BucketLimit> {
  const documented = Object.values(brazeBuckets).map(({ name, limit, windowMs }) => {
    const own = braze.buckets[name];
    const used = own ? { limit: own.limit, windowMs: own.window_seconds * 1_000 } : { limit, windowMs };
    return [name, { ...used, share: braze.share_of_quota }] as const;
  });
  return Object.fromEntries(documented);
}

/** A quote in lines for a person. */
export function describeQuote(quote: Quote): string[] {
  if (quote.calls === 0) return ["  nothing to ask Braze for"];
  const rows = quote.buckets.map(({ bucket, calls, limit, windowMs, seconds }) => [
    bucket,
    number(calls),
    `${percent(calls / limit)} of ${number(limit)} per ${spell(windowMs / 1_000)}`,
    duration(seconds),
  ]);
  const table = formatTable(["bucket", "calls", "share of the pool", "time"], rows);
  const { guessed } = quote;
  return [
    ...table.split("\n").map((line) => `  ${line}`),
    `  ${number(quote.calls)} calls, about ${duration(quote.seconds)}; about ${number(quote.rows)} rows, ${size(quote.bytes)}, ${number(quote.days)} days of objects`,
    ...(guessed.calls > 0
      ? [
          `  ${number(guessed.calls)} of the calls ${guessed.calls === 1 ? "is" : "are"} an estimate: nobody knows the pages of ${guessed.resources.join(", ")} before they are read`,
        ]
      : []),
  ];
}

const number = (value: number): string => Math.round(value).toLocaleString("en-US");

function percent(share: number): string {
  if (share > 1) return `${(share).toFixed(1)} times`;
  return share < 0.001 ? "under 0.1 %" : `${(share * 100).toFixed(1)} %`;
}

function spell(seconds: number): string {
  if (seconds === 3_600) return "hour";
  return seconds === 60 ? "minute" : `${seconds} s`;
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
