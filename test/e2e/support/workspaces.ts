import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Installation, install } from "./installation.ts";

/** One Braze workspace as a sandbox plays it: a zone, a limit and a key of its own. */
export interface WorkspaceSpec {
  name: string;
  timeZone: string;
  /** Requests of the `default` bucket per window. */
  limit: number;
  windowSeconds: number;
  /** Flags of its world. */
  world: readonly string[];
}

/** An installation over several workspaces, each a sandbox that answers only to its own key; their urls by name. */
export async function installWorkspaces(
  redisUrl: string,
  specs: readonly WorkspaceSpec[],
  env: Record<string, string>,
): Promise<{ at: Installation; urls: Record<string, string> }> {
  const at = await install(redisUrl, env);
  const urls: Record<string, string> = {};
  for (const { name, timeZone, limit, windowSeconds, world } of specs) {
    const limits = `default=${limit}/${windowSeconds}s`;
    const flags = ["--time-zone", timeZone, "--key", keyOf(name), "--limits", limits, ...world];
    urls[name] = (await at.sandbox(...flags)).url;
    at.env[variableOf(name)] = keyOf(name);
  }
  // Each workspace has its own; one for those without a key must not stand beside them.
  delete at.env.LIFECYCLE__SANDBOX__URL;
  at.env.LIFECYCLE_CONFIG = join(at.home, "settings.json");
  await writeFile(at.env.LIFECYCLE_CONFIG, JSON.stringify({ workspaces: settingsOf(specs, urls) }));
  return { at, urls };
}

function settingsOf(specs: readonly WorkspaceSpec[], urls: Record<string, string>) {
  return Object.fromEntries(
    specs.map(({ name, timeZone, limit, windowSeconds }) => [
      name,
      {
        time_zone: timeZone,
        braze: {
          base_url: urls[name],
          api_key: `\${${variableOf(name)}}`,
          buckets: { default: { limit, window_seconds: windowSeconds } },
        },
      },
    ]),
  );
}

const variableOf = (workspace: string) => `KEY_OF_${workspace.toUpperCase()}`;
const keyOf = (workspace: string) => `key-of-${workspace}-workspace`;
