import { formatP } from "../format.ts";
import { type Html, html, table } from "./html.ts";
import { CHECK_WORDS } from "./plain-words.ts";
import type { ExperimentReport } from "./report.ts";

/** What a check's value is. The others say theirs in words. */
const VALUE_OF: Readonly<Record<string, "p" | "share" | "days">> = {
  srm: "p",
  srm_sequential: "p",
  pre_period: "p",
  contamination: "share",
  delivery: "share",
  machine_opens: "share",
  freshness: "days",
};

function shown(check: string, value: number | null): string {
  const kind = VALUE_OF[check];
  if (value === null || kind === undefined) return "–";
  if (kind === "p") return `p ${formatP(Number(value))}`;
  return kind === "share" ? `${(100 * Number(value)).toFixed(1)} %` : `${value} days`;
}

/** What failed comes first, what could not be checked last. */
const STATUS_ORDER = ["fail", "warn", "pass", "not_checked"];

/** The checks that were made before any number was looked at. */
export function healthTable({ health }: ExperimentReport): Html {
  const columns = [
    { title: "check" },
    { title: "status", isShort: true },
    { title: "found", isText: true },
    { title: "value", isNumber: true },
    { title: "limit", isNumber: true },
  ];
  const rows = health
    .toSorted((a, b) => STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status))
    .map(({ check_name, status, code, detail, value, threshold }) => [
      CHECK_WORDS[check_name] ?? check_name,
      html`<span class="${status}">${status.replace("_", " ")}</span>`,
      html`${detail}${code && status !== "pass" ? html` <span class="soft">(${code})</span>` : null}`,
      shown(check_name, value),
      value === null ? "–" : shown(check_name, threshold),
    ]);
  return table("Checks, made before any number is believed", columns, rows);
}
