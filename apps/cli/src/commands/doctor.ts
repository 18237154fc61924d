import { access, constants, mkdir, statfs } from "node:fs/promises";
import { errorMessage } from "@lifecycle/contracts";
import { EXIT, probeRedis, provideRedis, type Settings } from "@lifecycle/runtime";
import { checkBraze } from "../check-braze.ts";
import { checkConfig } from "../check-config.ts";
import { checkExperiments } from "../check-experiments.ts";
import { checkBucket, checkWarehouse } from "../check-warehouse.ts";
import type { Finding } from "../finding.ts";
import type { Session } from "../session.ts";

const MIN_FREE_BYTES = 1_000_000_000;

/** `lifecycle doctor`: what the product needs, checked one by one. Returns 0, or 69 when something failed. */
export async function doctor(session: Session): Promise<number> {
  const { settings, terminal } = session;
  const checks = [
    () => checkNode(),
    () => checkConfig(session),
    () => checkRedis(session),
    ...Object.values(settings.workspaces).map((workspace) => () => checkBraze(session, workspace)),
    () => checkWarehouse(session),
    () => checkExperiments(session),
    () =>
      settings.landing.path.startsWith("gs://")
        ? checkBucket(session)
        : checkFolder("landing", settings.landing.path),
    () => checkFolder("output", settings.output.path),
    () => checkSalt(settings),
  ];
  let failed = false;
  for (const check of checks) {
    for (const { what, level, detail } of [await check()].flat()) {
      failed ||= level === "fail";
      terminal.line(
        `${level.padEnd(4)}  ${what.padEnd(18)} ${detail.replaceAll("\n", `\n${" ".repeat(25)}`)}`,
      );
    }
  }
  return failed ? EXIT.unavailable : EXIT.ok;
}

function checkNode(): Finding {
  const runsTypeScript = Boolean(process.features.typescript);
  return runsTypeScript
    ? { what: "Node", level: "ok", detail: `${process.version}, runs TypeScript as it is` }
    : {
        what: "Node",
        level: "fail",
        detail: `${process.version} cannot run TypeScript: use npm scripts or npx --no lifecycle`,
      };
}

async function checkRedis({ settings, logger, shutdown }: Session): Promise<Finding> {
  try {
    const redis = await provideRedis(settings, { logger });
    shutdown.onClose("redis", () => redis.stop());
    const facts = await probeRedis(redis.url);
    const evicts = facts.evictionPolicy !== undefined && facts.evictionPolicy !== "noeviction";
    const detail = `${facts.version}, ${redis.origin}, policy ${facts.evictionPolicy ?? "unknown"}`;
    return evicts
      ? {
          what: "Redis",
          level: "warn",
          detail: `${detail}: it may drop jobs; set maxmemory-policy noeviction`,
        }
      : { what: "Redis", level: "ok", detail };
  } catch (error) {
    return { what: "Redis", level: "fail", detail: errorMessage(error) };
  }
}

async function checkFolder(what: string, path: string): Promise<Finding> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    const detail = `${path}, ${(free / 1e9).toFixed(1)} GB free`;
    return free < MIN_FREE_BYTES
      ? { what, level: "warn", detail: `${detail}: make room` }
      : { what, level: "ok", detail };
  } catch (error) {
    return { what, level: "fail", detail: `${path} cannot be written: ${errorMessage(error)}` };
  }
}

function checkSalt({ pii, environment }: Settings): Finding {
  if (pii.policy !== "hash" || pii.salt)
    return { what: "personal data", level: "ok", detail: `policy ${pii.policy}` };
  return environment === "prod"
    ? { what: "personal data", level: "fail", detail: "policy hash without a salt: set PII_SALT" }
    : { what: "personal data", level: "ok", detail: "policy hash, with a salt kept in .runtime/pii-salt" };
}
