import { Slug } from "@lifecycle/contracts";
import { z } from "zod";
import { Queues, Redis, Supervisor } from "./settings/fleet.ts";
import { Landing } from "./settings/landing.ts";
import { Schedule } from "./settings/schedule.ts";
import { HttpUrl, int, milliseconds, secret } from "./settings/values.ts";
import { Warehouse } from "./settings/warehouse.ts";
import { Workspace } from "./settings/workspace.ts";

/**
 * The shape of `config/settings.yaml`. Keys are snake_case, here as in the file, so that a message about
 * `queues.lock_ms` is found in both.
 */
export const SettingsSchema = z
  .strictObject({
    environment: z.enum(["dev", "prod"]).default("dev"),
    workspaces: z
      .record(Slug, Workspace)
      .refine((all) => Object.keys(all).length > 0, "expected at least one workspace"),
    run: z.strictObject({ window_days: int(1, 3650).default(90) }).prefault({}),
    schedules: z.array(Schedule).default([]),
    landing: Landing,
    warehouse: Warehouse,
    redis: Redis,
    queues: Queues,
    http: z
      .strictObject({
        connect_timeout_ms: milliseconds().default(5_000),
        headers_timeout_ms: milliseconds().default(30_000),
        body_timeout_ms: milliseconds().default(30_000),
        keep_alive_ms: milliseconds().default(10_000),
        connections: int(1, 1000).default(32),
      })
      .prefault({}),
    board: z
      .strictObject({
        host: z.string().min(1).default("127.0.0.1"),
        port: int(0, 65_535).default(3300),
        /** Basic auth. Without a password only this machine may reach the board. */
        user: z.string().min(1).default("operator"),
        password: secret(8).optional(),
        /** What a caller of the management API shows as `Authorization: Bearer …`. */
        api_token: secret(16).optional(),
      })
      .prefault({}),
    sandbox: z
      .strictObject({
        /** Where the sandbox answers: set by whoever started it, for the processes that ask it. */
        url: HttpUrl.optional(),
        host: z.string().min(1).default("127.0.0.1"),
        port: int(0, 65_535).default(3310),
        seed: z.coerce.string().min(1).default("1"),
        campaigns: int(1, 10_000).default(60),
        canvases: int(0, 10_000).default(12),
      })
      .prefault({}),
    supervisor: Supervisor,
    output: z.strictObject({ path: z.string().min(1).default("./output") }).prefault({}),
    logs: z
      .strictObject({
        path: z.string().min(1).default("./logs"),
        level: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
        max_bytes: int(1_000, 1e10).default(20_000_000),
        keep: int(0, 100).default(5),
      })
      .prefault({}),
    notify: z.strictObject({ slack_webhook_url: secret(8).optional() }).prefault({}),
    sql: z.strictObject({ path: z.string().min(1).default("./sql") }).prefault({}),
    pipelines: z.strictObject({ path: z.string().min(1).default("./config/pipelines") }).prefault({}),
    transform: z
      .strictObject({
        /** A second SQL tree whose models replace or join those of `sql/`. */
        overlay: z.string().min(1).optional(),
        vars: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
        /** A published table loses a column or changes a type: refuse it, keep it back until it is released, or publish it. */
        schema_changes: z.enum(["fail", "hold", "accept"]).default("hold"),
      })
      .prefault({}),
    pii: z
      .strictObject({ policy: z.enum(["hash", "drop", "keep"]).default("hash"), salt: secret(8).optional() })
      .prefault({}),
  })
  .superRefine((settings, context) => {
    if (settings.landing.path.startsWith("gs://") && settings.warehouse.engine === "duckdb") {
      const message = "expected a folder, because warehouse.engine is duckdb: it reads files of this machine";
      context.addIssue({ code: "custom", path: ["landing", "path"], message });
    }
    settings.schedules.forEach((schedule, index) => {
      if (settings.workspaces[schedule.workspace]) return;
      const message = `expected one of the workspaces: ${Object.keys(settings.workspaces).join(", ")}`;
      context.addIssue({ code: "custom", path: ["schedules", index, "workspace"], message });
    });
  });

export type RawSettings = z.output<typeof SettingsSchema>;
export type WorkspaceSettings = RawSettings["workspaces"][string];
export type ScheduleSettings = RawSettings["schedules"][number];

/** Where secrets stand: never as text in a file, and never shown in a message. `*` is any key. */
const SECRET_PATHS = [
  "workspaces.*.braze.api_key",
  "pii.salt",
  "redis.url",
  "notify.slack_webhook_url",
  "board.password",
  "board.api_token",
] as const;

/** Whether a path such as `workspaces.main.braze.api_key` holds a secret. */
export function isSecretPath(path: readonly PropertyKey[]): boolean {
  return SECRET_PATHS.some((pattern) => {
    const parts = pattern.split(".");
    return parts.length === path.length && parts.every((part, i) => part === "*" || part === path[i]);
  });
}
