import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A file of the same shape as the e-mail test: arms in turn, every third visits, every ninth of those with mail buys. */
export async function writeMailTest(
  folder: string,
  customers = 3_000,
): Promise<{ path: string; arms: Record<string, { n: number; visits: number; spend: number }> }> {
  const names = ["Mens E-Mail", "Womens E-Mail", "No E-Mail"];
  const arms = Object.fromEntries(names.map((name) => [name, { n: 0, visits: 0, spend: 0 }]));
  const lines = [
    "recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend",
  ];
  for (let i = 0; i < customers; i++) {
    const name = names[i % 3]!;
    const arm = arms[name]!;
    const visit = Number((i * 7_919) % 100 < [30, 22, 15][i % 3]!);
    const bought = Number(visit === 1 && (i * 104_729) % 100 < 10);
    const spend = bought * (20 + (i % 50) + 0.25);
    arm.n++;
    arm.visits += visit;
    arm.spend += spend;
    lines.push(
      `${i % 12},"2) $100 - $200",${100 + (i % 90)}.5,1,0,Surburban,0,Web,${name},${visit},${bought},${spend}`,
    );
  }
  const path = join(folder, "mail-test.csv");
  await writeFile(path, `${lines.join("\n")}\n`);
  return { path, arms };
}

const EVENT_HEADER =
  "event_time,user_id,event_type,transaction_category,miles_amount,platform,utm_source,country";

/** A small event stream: `days` days from 2025-03-07, ten users, two event types. */
export async function writeEvents(
  folder: string,
  days = 10,
): Promise<{ path: string; events: number; byType: Record<string, number> }> {
  const lines = [EVENT_HEADER];
  const byType: Record<string, number> = { like: 0, share: 0 };
  for (let i = 0; i < days * 40; i++) {
    const at = new Date(Date.UTC(2025, 2, 7) + i * 36 * 60_000).toISOString().slice(0, 19).replace("T", " ");
    const type = i % 3 === 0 ? "like" : "share";
    byType[type]!++;
    lines.push(
      `${at},U_${String(i % 10).padStart(4, "0")},${type},${i % 2 ? "dining" : ""},${i % 4 ? i : ""},ios,google,US`,
    );
  }
  const path = join(folder, "events.csv");
  await writeFile(path, `${lines.join("\n")}\n`);
  return { path, events: lines.length - 1, byType };
}
