import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createWorld, type World } from "@lifecycle/simulation";
import { answerApi } from "./api.ts";
import { createWorldClock } from "./clock.ts";
import { answerControl } from "./control.ts";
import { answerExport } from "./export-download.ts";
import { createExportDesk } from "./exports.ts";
import { sendJson } from "./http.ts";
import { createJournal } from "./journal.ts";
import { createLimiter } from "./limits.ts";
import type { SandboxOptions } from "./options.ts";
import { faultSeedOf, type SandboxState } from "./state.ts";
import { createSeries } from "./views/series.ts";

export interface Sandbox {
  /** `http://127.0.0.1:4010` */
  url: string;
  world: World;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

/** Ports tried after the one asked for. */
const FURTHER_PORTS = 100;

/** Starts a sandbox on the first free port. Throws a RangeError for a setting out of range. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const world = createWorld(options);
  const state: SandboxState = {
    world,
    series: createSeries(world),
    exports: createExportDesk(options.exportDelayMs, Date.now),
    clock: createWorldClock(options.nowMs, options.clock, Date.now),
    limiter: createLimiter(options.limits),
    journal: createJournal(),
    faults: options.faults,
    key: options.key,
    scopes: options.scopes,
    faultSeed: faultSeedOf(options.seed),
    realNow: Date.now,
    baseUrl: "",
  };
  state.limiter.setForeign(options.foreign);
  let counter = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://sandbox");
    const answered = url.pathname.startsWith("/__sandbox/")
      ? answerControl(state, request, url, response)
      : url.pathname.startsWith("/__exports/")
        ? answerExport(state, url, response)
        : answerApi(state, request, url, response, ++counter);
    answered.catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { message: `Sandbox defect: ${String(error)}` });
    });
  });
  // Longer than any client keeps an idle connection: the client decides, never a race.
  server.keepAliveTimeout = 120_000;
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  state.baseUrl = `http://${options.host}:${port}`;
  return {
    url: state.baseUrl,
    world,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port === 0 ? 0 : port + attempt, host, () => {
          server.off("error", reject);
          resolve();
        });
      });
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!taken || attempt >= FURTHER_PORTS) throw error;
    }
  }
}
