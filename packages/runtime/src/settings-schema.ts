import { basename } from "node:path";
import { Slug } from "@lifecycle/contracts";
import { z } from "zod";
import { Secret } from "./secret.ts";

/**
 * The shape of `config/settings.yaml`. Keys are snake_case, here as in the file, so that a message about
 * `queues.lock_ms` is found in both. Text from `${ENV}` and from `LIFECYCLE__…` is read as the type a key has.
 */

const number = <T extends z.ZodType<number>>(inner: T) => z.preprocess(readNumber, inner);
const int = (min: number, max: number) => number(z.int().min(min).max(max));
const milliseconds = (min = 1, max = 86_400_000) => int(min, max);
const flag = () => z.preprocess(readFlag, z.boolean());
const secret = (minLength: number) =>
  z
    .string()
    .trim()
    .min(minLength, `expected at least ${minLength} characters`)
    .transform((value) => new Secret(value));

function readNumber(value: unknown): unknown {
  if (typeof value !== "string" || value.trim() === "") return value;
  return Number.isNaN(Number(value)) ? value : Number(value);
}

function readFlag(value: unknown): unknown {
  if (value === "true") return true;
  return value === "false" ? false : value;
}

const TimeZone = z.string().refine(isTimeZone, "expected an IANA time zone, such as Europe/Berlin");

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const HttpUrl = z
  .url({ protocol: /^https?$/, error: "expected an http(s) URL" })
  .refine((url) => !hasPassword(url), "expected a URL without user or password")
  .transform((url) => url.replace(/\/+$/, ""));

const RedisUrl = z
  .string()
  .refine((url) => URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol), {
    error: "expected a URL such as redis://host:6379/0 or rediss://user:password@host:6380",
  })
  .transform((url) => new Secret(url));

function hasPassword(url: string): boolean {
  return URL.canParse(url) && (new URL(url).password !== "" || new URL(url).username !== "");
}

const Braze = z
  .strictObject({
    base_url: HttpUrl.optional(),
    api_key: secret(8).optional(),
    /** The part of each bucket this fleet may use; the rest stays for production sends. */
    share_of_quota: number(z.number().gt(0).max(1)).default(1),
    /** A contract's own limits, by bucket: requests per window. */
    buckets: z
      .record(Slug, z.strictObject({ limit: int(1, 1e9), window_seconds: int(1, 86_400) }))
      .default({}),
    /** Series narrowed to an app, a segment with analytics tracking, or both; of all resources that can be, or of those named. */
    slices: z
      .array(
        z
          .strictObject({
            name: Slug.max(16),
            app_id: z.string().min(1).optional(),
            segment_id: z.string().min(1).optional(),
            resources: z.array(Slug).min(1).optional(),
          })
          .refine(({ app_id, segment_id }) => app_id ?? segment_id, "expected an app_id or a segment_id"),
      )
      .default([]),
    /** Sends of API campaigns to read by day: Braze has no list of them. */
    sends: z
      .array(z.strictObject({ campaign_id: z.string().min(1), send_id: z.string().min(1) }))
      .default([]),
    /** Whose users are exported, when a pipeline reads `users-export-segment`, and which of their fields. */
    exports: z
      .strictObject({
        segments: z.array(z.string().min(1)).default([]),
        fields: z.array(z.string().min(1)).min(1).optional(),
      })
      .prefault({}),
  })
  .superRefine((braze, context) => {
    if (braze.api_key && !braze.base_url) {
      context.addIssue({
        code: "custom",
        path: ["base_url"],
        message: "expected your REST endpoint, such as https://rest.iad-01.braze.com (an API key is set)",
      });
    }
    if (braze.base_url && !braze.api_key) {
      context.addIssue({
        code: "custom",
        path: ["api_key"],
        message: "expected a REST API key (a base_url is set); leave both out to use the sandbox",
      });
    }
  });

const Workspace = z.strictObject({
  braze: Braze.prefault({}),
  /** Braze's company time zone: the days of its REST series. */
  time_zone: TimeZone.default("UTC"),
});

const Schedule = z
  .strictObject({
    name: Slug,
    workspace: Slug,
    pipeline: Slug,
    every_seconds: int(1, 86_400 * 31).optional(),
    /** Minute of each hour. */
    hourly: int(0, 59).optional(),
    /** `HH:MM` of each day. */
    daily: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "expected HH:MM")
      .optional(),
    cron: z
      .string()
      .regex(/^\S+(\s+\S+){4,5}$/, "expected five or six cron fields")
      .optional(),
    time_zone: TimeZone.default("UTC"),
    window_days: int(1, 3650).optional(),
  })
  .transform(({ every_seconds, hourly, daily, cron, time_zone, ...rest }, context) => {
    const [hour, minute] = (daily ?? "").split(":").map(Number);
    const choices = [
      every_seconds === undefined ? undefined : { kind: "every" as const, seconds: every_seconds },
      hourly === undefined ? undefined : { kind: "cron" as const, pattern: `${hourly} * * * *`, time_zone },
      daily === undefined
        ? undefined
        : { kind: "cron" as const, pattern: `${minute} ${hour} * * *`, time_zone },
      cron === undefined ? undefined : { kind: "cron" as const, pattern: cron, time_zone },
    ].filter((choice) => choice !== undefined);
    if (choices.length !== 1 || !choices[0]) {
      context.addIssue({
        code: "custom",
        message: "expected exactly one of every_seconds, hourly, daily, cron",
      });
      return z.NEVER;
    }
    const written = [
      every_seconds === undefined ? "" : `every ${every_seconds} s`,
      hourly === undefined ? "" : `hourly at minute ${hourly}`,
      daily === undefined ? "" : `daily at ${daily}`,
      cron === undefined ? "" : `cron ${cron}`,
    ].join("");
    return { ...rest, when: choices[0], written };
  });

const BUCKET_PATH = /^gs:\/\/[a-z0-9][a-z0-9._-]+[a-z0-9](\/[^/\s]+)*\/?$/;

const Concurrency = z.strictObject({
  plan: int(1, 64).default(2),
  /** Extract jobs one worker process has in hand per queue. */
  extract: int(1, 500).default(16),
  load: int(1, 64).default(1),
  transform: int(1, 64).default(1),
  evaluate: int(1, 64).default(1),
  publish: int(1, 64).default(1),
  notify: int(1, 64).default(1),
});

export const SettingsSchema = z
  .strictObject({
    environment: z.enum(["dev", "prod"]).default("dev"),
    workspaces: z
      .record(Slug, Workspace)
      .refine((all) => Object.keys(all).length > 0, "expected at least one workspace"),
    run: z.strictObject({ window_days: int(1, 3650).default(90) }).prefault({}),
    schedules: z.array(Schedule).default([]),
    landing: z
      .strictObject({
        /** A folder, or `gs://bucket/prefix`. */
        path: z
          .string()
          .min(1)
          .refine(
            (path) => !path.includes("://") || BUCKET_PATH.test(path),
            "expected a folder or gs://bucket/prefix",
          )
          .default("./data"),
        /** For a bucket. */
        gcs: z
          .strictObject({
            /** A service account key file; without it the machine's own identity is used. */
            credentials_file: z.string().min(1).optional(),
            /** Another API address, for the fake of the tests. */
            api_endpoint: HttpUrl.optional(),
          })
          .prefault({}),
      })
      .prefault({}),
    warehouse: z
      .strictObject({
        engine: z.enum(["duckdb", "bigquery"]).default("duckdb"),
        dataset: z
          .string()
          .regex(/^[a-z][a-z0-9_]{0,60}$/, "expected lower-case letters, digits and _")
          .default("lifecycle"),
        duckdb: z
          .strictObject({
            path: z.string().min(1).default("./data/warehouse/warehouse.duckdb"),
            memory_limit: z
              .string()
              .regex(/^\d+(\.\d+)?\s?(KB|MB|GB|KiB|MiB|GiB)$/, "expected a size such as 160MB")
              .default("160MB"),
            threads: int(1, 256).default(1),
          })
          .prefault({}),
        bigquery: z
          .strictObject({
            project: z.string().min(1).optional(),
            location: z.string().min(1).default("US"),
            /** A service account key file; without it the machine's own identity is used. */
            credentials_file: z.string().min(1).optional(),
            /** Another API address, for the fake of the tests. */
            api_endpoint: HttpUrl.optional(),
            /** A query that would bill more fails, at no charge. */
            max_bytes_billed: int(0, Number.MAX_SAFE_INTEGER).optional(),
            /** What the building and testing of one run may bill together, as far as one process does it. */
            max_bytes_billed_per_run: int(0, Number.MAX_SAFE_INTEGER).optional(),
            /** A job that takes longer is stopped by BigQuery. */
            job_timeout_ms: milliseconds(1_000).default(3_600_000),
            /** First pause between two looks at a running job; it grows to twenty times that. */
            poll_ms: milliseconds().default(250),
            /** Pause before a request is sent a second time, doubled up to the fifth. */
            retry_ms: milliseconds().default(500),
          })
          .prefault({}),
        /** Days, today included, that tables partitioned by day keep; absent means all of them. */
        retention_days: int(1, 36_600).optional(),
        query: z
          .strictObject({ max_rows: int(1, 1e7).default(10_000), timeout_ms: milliseconds().default(60_000) })
          .prefault({}),
      })
      .prefault({})
      .superRefine((warehouse, context) => {
        if (basename(warehouse.duckdb.path, ".duckdb") === warehouse.dataset) {
          const message =
            "expected a file name other than the dataset's: DuckDB could not tell the two apart";
          context.addIssue({ code: "custom", path: ["duckdb", "path"], message });
        }
        if (warehouse.engine !== "bigquery" || warehouse.bigquery.project) return;
        const message = "expected a project, because warehouse.engine is bigquery";
        context.addIssue({ code: "custom", path: ["bigquery", "project"], message });
      }),
    redis: z
      .strictObject({
        url: RedisUrl.optional(),
        prefix: z
          .string()
          .regex(
            /^lifecycle[a-z0-9_-]*$/,
            "expected lower-case letters, digits, _ and -, beginning with lifecycle",
          )
          .optional(),
        /** Without a URL: may one found on 127.0.0.1 be used, a binary of this machine, the distribution's packages? */
        use_local: flag().default(true),
        local_port: int(1, 65_535).default(6379),
        use_installed: flag().default(true),
        use_packages: flag().default(true),
      })
      .prefault({}),
    queues: z
      .strictObject({
        lock_ms: milliseconds(500).default(60_000),
        stalled_interval_ms: milliseconds(250).default(60_000),
        /** A job whose worker died this often is given up: workers die for reasons of their own, and hold many jobs each. */
        max_stalled: int(0, 1000).default(25),
        attempts: int(1, 100).default(10),
        backoff: z
          .strictObject({ base_ms: milliseconds().default(1_000), cap_ms: milliseconds().default(60_000) })
          .prefault({}),
        /** A job that was only told to wait uses no attempt, but gives up at this age. */
        max_wait_age_ms: milliseconds(1, 86_400_000 * 7).default(6 * 3_600_000),
        concurrency: Concurrency.prefault({}),
        /** How often the producer compares ledger and queues. */
        reconcile_interval_ms: milliseconds(50).default(2_000),
        shutdown_deadline_ms: milliseconds(100).default(20_000),
      })
      .prefault({}),
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
    supervisor: z
      .strictObject({
        restart_base_ms: milliseconds().default(500),
        restart_cap_ms: milliseconds().default(15_000),
        max_failures: int(1, 1000).default(5),
        failure_window_ms: milliseconds().default(60_000),
        stop_deadline_ms: milliseconds(100).default(25_000),
      })
      .prefault({}),
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
export const SECRET_PATHS = [
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
