import { brazeTables } from "@lifecycle/braze";
import type { LandedFile, TableContract } from "@lifecycle/contracts";
import { writeLanded } from "./landed-rows.ts";

export interface CampaignDays {
  loadId: string;
  campaigns: number;
  /** First day and how many, from 2024-01-01 on. */
  firstDay: number;
  days: number;
  /** When the source was read: minutes after 2026-06-01. */
  minute: number;
  /** Files that the rows are shared out to. */
  files?: number;
}

export function contractOf(table: string): TableContract {
  return brazeTables.find((candidate) => candidate.table === table)!;
}

/** Landed files of `raw_campaign_daily`, one row per campaign × day, as an extract leaves them: NDJSON, gzip, all columns. */
export async function writeCampaignDays(folder: string, given: CampaignDays): Promise<LandedFile[]> {
  const { loadId, campaigns, firstDay, days, minute, files = 1 } = given;
  const contract = contractOf("raw_campaign_daily");
  const values: Record<string, string> = {
    campaign_id: "printf('c%08d', n // $days)",
    activity_date: "DATE '2024-01-01' + CAST($first + n % $days AS INTEGER)",
    revenue: "CAST(hash(n) % 100000 AS DECIMAL(18,2)) / 100",
    extra: "NULL",
    workspace: "'main'",
    window_from: "DATE '2024-01-01'",
    window_until: "DATE '2026-06-01'",
    pass: "1",
    data_state: "'closed'",
    _run_id: `'${loadId}'`,
    _load_id: `'load__main__braze__${loadId}'`,
    _extracted_at: `strftime(TIMESTAMP '2026-06-01' + INTERVAL ${minute} MINUTE, '%Y-%m-%dT%H:%M:%SZ')`,
  };
  return writeLanded(folder, contract, {
    name: loadId,
    rows: campaigns * days,
    files,
    value: ({ name, type }) =>
      (values[name] ?? (type === "INT64" ? `hash(n + ${name.length}) % 5000` : "NULL"))
        .replaceAll("$days", String(days))
        .replaceAll("$first", String(firstDay)),
  });
}
