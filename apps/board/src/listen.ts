import { createServer, type Server } from "node:http";
import { FatalError } from "@lifecycle/contracts";
import { freePort } from "@lifecycle/runtime";
import type { Express } from "express";

const TRIES = 5;
/** What is being answered when the board ends may be finished within this time. */
const GRACE_MS = 2_000;

export interface Listening {
  url: string;
  port: number;
  /** Takes no new request, lets those under way finish for a moment, then cuts them. */
  close(): Promise<void>;
}

/** Serves `app` on `port`, or on the next free one when that is taken. Throws `board.cannot_listen` when `host` is not ours. */
export async function listen(app: Express, host: string, port: number): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    try {
      const chosen = await freePort(port, host);
      const server = await listenOn(createServer(app), host, chosen);
      return { url: `http://${shownHost(host)}:${chosen}`, port: chosen, close: () => close(server) };
    } catch (cause) {
      // Free a moment ago, taken now: look again.
      if ((cause as NodeJS.ErrnoException).code === "EADDRINUSE" && attempt < TRIES) continue;
      throw new FatalError("board.cannot_listen", `The board cannot listen on ${host}, port ${port}.`, {
        cause,
      });
    }
  }
}

function listenOn(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen({ host, port }, () => done(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((done) => {
    const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    server.close(() => {
      clearTimeout(cut);
      done();
    });
    server.closeIdleConnections();
  });
}

function shownHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
