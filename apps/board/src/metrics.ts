import type { QueueAges } from "./queue-views.ts";
import type { RunSummary } from "./run-history.ts";

/** A number that goes up and down, in Prometheus' words. */
export interface Gauge {
  name: string;
  help: string;
  samples: readonly { labels: Readonly<Record<string, string>>; value: number }[];
}

const DAY_MS = 86_400_000;

/** What the ledger says about runs. `complete`, `partial` and `failed` are always present, so that a rate of zero is a zero. */
export function runGauges(runs: readonly RunSummary[], nowMs: number): Gauge[] {
  const recent = runs.filter((run) => run.settled_at && nowMs - Date.parse(run.settled_at) <= DAY_MS);
  const unsettled = runs.filter((run) => run.status === "unsettled");
  const oldest = Math.min(nowMs, ...unsettled.map((run) => Date.parse(run.requested_at)));
  return [
    {
      name: "lifecycle_runs_unsettled",
      help: "Runs that were asked for and have not settled",
      samples: [{ labels: {}, value: unsettled.length }],
    },
    {
      name: "lifecycle_oldest_unsettled_run_age_seconds",
      help: "Age of the longest unsettled run; 0 when there is none",
      samples: [{ labels: {}, value: (nowMs - oldest) / 1_000 }],
    },
    {
      name: "lifecycle_runs_settled_last_day",
      help: "Runs that settled within the last 24 hours by status",
      samples: ["complete", "partial", "failed"].map((status) => ({
        labels: { status },
        value: recent.filter((run) => run.status === status).length,
      })),
    },
  ];
}

export function redisGauge(isUp: boolean): Gauge {
  const help = "Whether Redis answered; when it did not, nothing is said of the queues";
  return { name: "lifecycle_redis_up", help, samples: [{ labels: {}, value: isUp ? 1 : 0 }] };
}

export function queueGauges(ages: readonly QueueAges[]): Gauge[] {
  const gauge = (name: string, help: string, seconds: (age: QueueAges) => number | undefined): Gauge => ({
    name,
    help,
    samples: ages.map((age) => ({ labels: { queue: age.queue }, value: seconds(age) ?? 0 })),
  });
  return [
    gauge(
      "lifecycle_queue_oldest_waiting_age_seconds",
      "Age of the job that waits longest; 0 when none waits",
      (age) => age.oldestWaitingSeconds,
    ),
    gauge(
      "lifecycle_queue_oldest_failed_age_seconds",
      "Time since the oldest kept failure; 0 when there is none",
      (age) => age.oldestFailedSeconds,
    ),
  ];
}

/** Prometheus' text format, version 0.0.4. */
export function renderGauges(gauges: readonly Gauge[]): string {
  return gauges
    .flatMap(({ name, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...samples.map(({ labels, value }) => `${name}${renderLabels(labels)} ${value}`),
    ])
    .join("\n");
}

/**
 * Several expositions as one: the samples of a metric stand together under a single HELP and TYPE, which the format asks for
 * and a plain concatenation breaks.
 */
export function mergeExpositions(texts: readonly string[]): string {
  const families = new Map<string, { head: string[]; samples: string[] }>();
  const family = (name: string) => {
    const found = families.get(name) ?? { head: [], samples: [] };
    families.set(name, found);
    return found;
  };
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const head = /^# (HELP|TYPE) (\S+)/.exec(line);
    if (head) {
      const lines = family(head[2]!).head;
      if (!lines.some((known) => known.startsWith(`# ${head[1]} `))) lines.push(line);
    } else if (line !== "" && !line.startsWith("#")) {
      family(/^[^{\s]+/.exec(line)![0]).samples.push(line);
    }
  }
  return `${[...families.values()].flatMap(({ head, samples }) => [...head, ...samples]).join("\n")}\n`;
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
