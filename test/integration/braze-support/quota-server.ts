import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface WindowLog {
  received: number;
  refused: number;
}

export interface QuotaServer {
  url: string;
  /** By window, oldest first: what was received and what of it refused. */
  windows(): { index: number; total: WindowLog; foreign: WindowLog }[];
  /** Answers given so far to anyone but the foreign consumer. */
  accepted(): number;
  close(): Promise<void>;
}

/**
 * A fixed window aligned to the clock, as Braze documents it, with its three headers. `/foreign` counts against the same
 * limit, as production sends do.
 */
export async function startQuotaServer(options: {
  limit: number;
  windowMs: number;
  delayMs?: number;
}): Promise<QuotaServer> {
  const { limit, windowMs, delayMs = 5 } = options;
  const windows = new Map<number, { total: WindowLog; foreign: WindowLog }>();
  let accepted = 0;
  const server = createServer((request, response) => {
    const index = Math.floor(Date.now() / windowMs);
    const log = windows.get(index) ?? { total: empty(), foreign: empty() };
    windows.set(index, log);
    const foreign = request.url === "/foreign";
    const refused = log.total.received - log.total.refused >= limit;
    for (const each of foreign ? [log.total, log.foreign] : [log.total]) {
      each.received++;
      if (refused) each.refused++;
    }
    if (!refused && !foreign) accepted++;
    response.writeHead(refused ? 429 : 200, {
      "content-type": "application/json",
      "x-ratelimit-limit": limit,
      "x-ratelimit-remaining": Math.max(0, limit - (log.total.received - log.total.refused)),
      "x-ratelimit-reset": Math.ceil(((index + 1) * windowMs) / 1000),
    });
    setTimeout(() => response.end('{"message":"success"}'), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    windows: () => [...windows].map(([index, log]) => ({ index, ...log })).sort((a, b) => a.index - b.index),
    accepted: () => accepted,
    close: () => closed(server),
  };
}

const empty = (): WindowLog => ({ received: 0, refused: 0 });

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
