import { join } from "node:path";
import { LifecycleError } from "@lifecycle/contracts";
import {
  type ChildSpec,
  freePort,
  type Logger,
  type ProvidedRedis,
  type Settings,
  type Shutdown,
  type Supervisor,
  supervise,
  supervisorOptions,
  withholdSecrets,
} from "@lifecycle/runtime";

export interface FleetOptions {
  settings: Settings;
  logger: Logger;
  redis: ProvidedRedis;
  /** Told of the processes before they run, so that an interrupted start leaves none. */
  shutdown: Shutdown;
  extractWorkers: number;
  withBoard: boolean;
  /** The sandbox is started where no workspace has a key, unless this says that nobody will read Braze. */
  withoutBraze?: boolean;
  onLine?: (name: string, line: string) => void;
}

/** The processes of one machine, under one supervisor. */
export interface Fleet {
  supervisor: Supervisor;
  sandboxUrl: string | undefined;
  boardUrl: string | undefined;
  /** Aborted when a process that the fleet cannot do without has been given up. */
  broken: AbortSignal;
  stop(): Promise<void>;
}

/** Starts producer, extract workers, the warehouse worker and, where asked or needed, the sandbox and the board. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { settings, logger, redis } = options;
  const sandboxPort = await ownSandboxPort(options);
  const sandboxUrl =
    sandboxPort === undefined ? settings.sandbox.url : `http://${settings.sandbox.host}:${sandboxPort}`;
  const env = { REDIS_URL: redis.url, ...(sandboxUrl ? { LIFECYCLE__SANDBOX__URL: sandboxUrl } : {}) };
  const role = (name: string, app: string, ...args: string[]): ChildSpec => ({
    name,
    args: [join(settings.root, `apps/${app}/src/main.ts`), ...args],
    env: { ...withholdSecrets(settings, secretsOf(name)), ...env },
  });
  const broken = new AbortController();
  const supervisor = supervise(
    sandboxPort === undefined ? [] : [role("sandbox", "sandbox", ...sandboxArgs(settings, sandboxPort))],
    {
      logger,
      ...supervisorOptions(settings.supervisor),
      ...(options.onLine ? { onLine: options.onLine } : {}),
    },
  );
  options.shutdown.onClose("fleet", () => supervisor.stop());
  void supervisor.ended.then((gaveUp) => {
    if (gaveUp)
      broken.abort(
        new LifecycleError("fleet.process_gave_up", `${gaveUp.name} does not run: ${gaveUp.reason}`),
      );
  });
  const boardPort = options.withBoard ? await freePort(settings.board.port) : undefined;
  supervisor.start(role("warehouse", "worker", "--role", "warehouse"));
  supervisor.start(role("producer", "producer"));
  for (let i = 1; i <= options.extractWorkers; i++)
    supervisor.start(role(`extract-${i}`, "worker", "--role", "extract"));
  if (boardPort !== undefined) supervisor.start(role("board", "board", "--port", String(boardPort)));
  await allReady(supervisor);
  return {
    supervisor,
    sandboxUrl,
    // As it says itself: another fleet that starts at the same moment may have taken the port that was free.
    boardUrl: options.withBoard ? String((await supervisor.ready("board")).url) : undefined,
    broken: broken.signal,
    stop: () => supervisor.stop(),
  };
}

/** Where a sandbox is started that comes and goes with the fleet; undefined when none is needed, or there is one. */
async function ownSandboxPort({ settings, withoutBraze }: FleetOptions): Promise<number | undefined> {
  const { usesSandbox, sandbox } = settings;
  return usesSandbox && !sandbox.url && !withoutBraze ? await freePort(sandbox.port) : undefined;
}

async function allReady(supervisor: Supervisor): Promise<void> {
  try {
    const names = supervisor.status().map(({ name }) => name);
    await Promise.all(names.map((name) => supervisor.ready(name)));
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

/** The sections of the settings whose secrets a process has a use for, by the first word of its name; others are withheld from it. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  extract: ["workspaces", "pii"],
  warehouse: ["pii", "notify"],
  board: ["board"],
};

function secretsOf(name: string): (path: string) => boolean {
  const sections = ["redis", ...(SECRETS[name.split("-", 1)[0]!] ?? [])];
  return (path) => sections.includes(path.split(".", 1)[0]!);
}

function sandboxArgs(settings: Settings, port: number): string[] {
  const { sandbox, workspaces, now } = settings;
  const zone = Object.values(workspaces)[0]?.time_zone ?? "UTC";
  const flags: Record<string, string | number> = {
    port,
    seed: sandbox.seed,
    campaigns: sandbox.campaigns,
    canvases: sandbox.canvases,
    days: settings.run.window_days,
    "time-zone": zone,
    ...(now ? { now } : {}),
  };
  return Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
}
