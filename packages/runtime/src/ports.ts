import { createServer } from "node:net";

/** How many ports after the preferred one are tried before any free one will do. */
const NEIGHBOURS = 50;

/** `preferred` if nobody listens on it, else the next free one after it, else any. The port is free now, not reserved. */
export async function freePort(preferred = 0, host = "127.0.0.1"): Promise<number> {
  const last = Math.min(preferred + NEIGHBOURS, 65_535);
  for (let port = preferred; preferred > 0 && port <= last; port++) {
    if ((await tryListen(port, host)) !== undefined) return port;
  }
  const any = await tryListen(0, host);
  if (any === undefined) throw new Error(`no free port on ${host}`);
  return any;
}

function tryListen(port: number, host: string): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : undefined));
    });
  });
}
