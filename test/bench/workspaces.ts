import { withRedis } from "../e2e/support/own-redis.ts";
import { windowUse } from "../e2e/support/rate-windows.ts";
import { ask, settled } from "../e2e/support/runs.ts";
import { installWorkspaces, type WorkspaceSpec } from "../e2e/support/workspaces.ts";

/** The afternoon of 30 June in the west is the morning of 1 July in the east. */
const NOW = "2026-06-30T20:00:00Z";
const WINDOW = { from: "2025-06-10", until: "2026-06-10" };
const WORKERS = 2;
const world = (canvases: number) => [
  ...["--now", NOW, "--campaigns", "1", "--canvases", String(canvases), "--days", "400"],
  ...["--users", "20000"],
];
const SPECS: readonly WorkspaceSpec[] = [
  { name: "west", timeZone: "America/Los_Angeles", limit: 60, windowSeconds: 2, world: world(45) },
  { name: "east", timeZone: "Asia/Tokyo", limit: 20, windowSeconds: 1, world: world(28) },
];

interface Times {
  /** From the first request to the last, as the sandbox saw it. */
  asking: number;
  /** From the request for the run to its published tables. */
  whole: number;
}

/** Two workspaces with limits and time zones of their own: the time of each alone is the baseline of both at once. */
export async function run(): Promise<void> {
  await withRedis(async (redisUrl) => {
    const alone: Record<string, Times> = {};
    for (const spec of SPECS) Object.assign(alone, await pull(redisUrl, [spec.name]));
    const together = await pull(
      redisUrl,
      SPECS.map(({ name }) => name),
    );
    for (const { name, limit, windowSeconds, timeZone } of SPECS) {
      const one = alone[name]!;
      const both = together[name]!;
      console.log(`${name} (${timeZone}, ${limit} per ${windowSeconds} s):`);
      console.log(`  asking ${compared(one.asking, both.asking)}`);
      console.log(`  from request to published tables ${compared(one.whole, both.whole)}`);
    }
  });
}

function compared(alone: number, together: number): string {
  const ratio = (together / alone).toFixed(3);
  return `${alone.toFixed(1)} s alone, ${together.toFixed(1)} s beside the other: ratio ${ratio} (at most 1.10)`;
}

/** The runs of some workspaces at once, in an installation of their own that knows all of them. */
async function pull(redisUrl: string, names: readonly string[]): Promise<Record<string, Times>> {
  const { at, urls } = await installWorkspaces(redisUrl, SPECS, { LIFECYCLE_NOW: NOW });
  try {
    await Promise.all(
      names.map((name) => fetch(`${urls[name]}/__sandbox/truth?from=2025-06-10&to=2025-06-10`)),
    );
    const fleet = await at.fleet("--workers", String(WORKERS));
    const times = await Promise.all(
      names.map(async (workspace) => {
        const startedAt = performance.now();
        const { status } = await settled(at, await ask(at, WINDOW, { workspace }));
        if (status !== "complete") throw new Error(`the run of ${workspace} ended ${status}`);
        const whole = (performance.now() - startedAt) / 1_000;
        return [
          workspace,
          { asking: (await windowUse(urls[workspace]!, "default")).seconds, whole },
        ] as const;
      }),
    );
    await fleet.stop();
    return Object.fromEntries(times);
  } finally {
    await at.close();
  }
}
