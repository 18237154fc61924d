import { readArmActivity } from "../arm-activity.ts";
import { readArmDays } from "../arm-day.ts";
import { type Definitions, definitionOf } from "../definition.ts";
import { keepSequence, sequenceOf } from "../kept-sequence.ts";
import { type Published, type PublishedReader, readPublished, readPublishedDaily } from "../published.ts";
import { experimentPage } from "./experiment-page.ts";
import { portfolioPage } from "./portfolio-page.ts";
import { reportFile } from "./report.ts";

/** One file of `output/experiments/`. */
export interface ReportPage {
  readonly file: string;
  readonly content: string;
}

/** Experiments whose days are held in memory at once. */
const BATCH = 50;

/** All pages about what is published now, one at a time: the portfolio first, then each experiment. */
export async function* reportPages(
  warehouse: PublishedReader,
  definitions: Definitions,
): AsyncGenerator<ReportPage> {
  const published = await readPublished(warehouse);
  yield { file: "index.html", content: await portfolioPage(published) };
  const of = splitById(published);
  const ids = [...of.keys()].toSorted();
  for (let from = 0; from < ids.length; from += BATCH) {
    const batch = ids.slice(from, from + BATCH);
    const reader = { query: warehouse.query.bind(warehouse), datasets: { ...warehouse.datasets, raw: "" } };
    const days = Map.groupBy(await readArmDays(reader, batch), ({ experimentId }) => experimentId);
    const activity = Map.groupBy(await readArmActivity(reader, batch), ({ experimentId }) => experimentId);
    const daily = Map.groupBy(await readPublishedDaily(warehouse, batch), (row) => row.experiment_id);
    for (const id of batch) {
      const content = await experimentPage({
        id,
        ...of.get(id)!,
        days: days.get(id) ?? [],
        daily: daily.get(id) ?? [],
        activity: activity.get(id) ?? [],
        definition: keepSequence(definitionOf(definitions, id), sequenceOf(of.get(id)!.verdicts)),
      });
      yield { file: reportFile(id), content };
    }
  }
}

function splitById({ results, health, verdicts }: Published): Map<string, Published> {
  const by = <T extends { experiment_id: string }>(rows: readonly T[]) =>
    Map.groupBy(rows, ({ experiment_id }) => experiment_id);
  const [byResult, byHealth, byVerdict] = [by(results), by(health), by(verdicts)];
  return new Map(
    [...byVerdict].map(([id, own]) => [
      id,
      { results: byResult.get(id) ?? [], health: byHealth.get(id) ?? [], verdicts: own },
    ]),
  );
}
