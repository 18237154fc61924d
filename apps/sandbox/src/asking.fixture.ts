import type { Sandbox } from "./server.ts";

export interface Json {
  [key: string]: Json;
}

/** For tests: asks a sandbox that has started by then, with its key. */
export function asking(sandbox: () => Sandbox) {
  const headers = { authorization: "Bearer sandbox-key" };
  const json = async (response: Response) => ({
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Json,
  });
  const at = (path: string) => sandbox().url + path;
  return {
    get: async (path: string) => json(await fetch(at(path), { headers })),
    post: async (path: string, body: object) =>
      json(await fetch(at(path), { method: "POST", headers, body: JSON.stringify(body) })),
    truth: async (query: string) => (await json(await fetch(at(`/__sandbox/truth?${query}`)))).body,
  };
}
