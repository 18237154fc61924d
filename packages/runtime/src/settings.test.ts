import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSettings, type Settings, SettingsError } from "./settings.ts";

const KEY = "braze-key-0123456789";
let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "settings-"));
  mkdirSync(join(cwd, "config"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function write(yaml: string, name = "settings.yaml"): void {
  writeFileSync(join(cwd, "config", name), yaml);
}

function load(env: Record<string, string> = {}): Settings {
  return loadSettings({ cwd, env });
}

function problems(env: Record<string, string> = {}): SettingsError {
  try {
    load(env);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("the settings were accepted");
}

const braze = (key: string) =>
  `workspaces: {main: {braze: {base_url: "https://rest.iad-01.braze.com", api_key: ${key}}}}`;

describe("defaults", () => {
  it("an empty file gives the documented defaults, the sandbox, and absolute paths", () => {
    write("");
    const settings = load();
    expect(settings.queues.lock_ms).toBe(60_000);
    expect(settings.warehouse.duckdb).toEqual({
      path: join(cwd, "data/warehouse/warehouse.duckdb"),
      memory_limit: "160MB",
      threads: 1,
    });
    expect(settings.landing.path).toBe(join(cwd, "data"));
    expect(settings.usesSandbox).toBe(true);
    expect(settings.workspaces.main).toMatchObject({ name: "main", usesSandbox: true, time_zone: "UTC" });
  });

  it("the shipped file says exactly the defaults", () => {
    write("");
    const shipped = loadSettings({
      cwd: join(import.meta.dirname, "../../.."),
      env: { LIFECYCLE_ENV_FILE: "", LIFECYCLE_HOME: cwd },
    });
    const { root: _a, sql: _b, pipelines: _c, ...own } = load();
    expect(shipped).toMatchObject(own);
  });

  it("is frozen to the last leaf", () => {
    write("");
    expect(() => Object.assign(load().queues.backoff, { cap_ms: 1 })).toThrow(TypeError);
  });
});

describe("sources", () => {
  it("process environment beats .env beats the default in the file", () => {
    write(`landing: {path: '\${WHERE:-./nowhere}'}`);
    expect(load().landing.path).toBe(join(cwd, "nowhere"));
    writeFileSync(join(cwd, ".env"), "WHERE=./from-dotenv\n");
    expect(load().landing.path).toBe(join(cwd, "from-dotenv"));
    expect(load({ WHERE: "./from-process" }).landing.path).toBe(join(cwd, "from-process"));
    expect(load({ LIFECYCLE_ENV_FILE: "" }).landing.path).toBe(join(cwd, "nowhere"));
  });

  it("an overlay for the environment is merged over the file, lists replaced", () => {
    write(
      "queues: {attempts: 4, backoff: {base_ms: 5}}\nschedules: [{name: a, workspace: main, pipeline: braze, hourly: 5}]",
    );
    write("queues: {backoff: {cap_ms: 9}}\nschedules: []", "settings.prod.yaml");
    expect(load().schedules).toHaveLength(1);
    const prod = load({ LIFECYCLE_ENV: "prod" });
    expect(prod.environment).toBe("prod");
    expect(prod.schedules).toEqual([]);
    expect(prod.queues).toMatchObject({ attempts: 4, backoff: { base_ms: 5, cap_ms: 9 } });
  });

  it("LIFECYCLE__ reaches any setting, also of a workspace written with a dash, and lists as JSON", () => {
    write("workspaces: {my-shop: {time_zone: UTC}}");
    const settings = load({
      LIFECYCLE__QUEUES__LOCK_MS: "2000",
      LIFECYCLE__REDIS__USE_LOCAL: "false",
      LIFECYCLE__WORKSPACES__MY_SHOP__TIME_ZONE: "Europe/Berlin",
      LIFECYCLE__SCHEDULES: '[{"name":"often","workspace":"my-shop","pipeline":"braze","every_seconds":5}]',
    });
    expect(settings.queues.lock_ms).toBe(2000);
    expect(settings.redis.use_local).toBe(false);
    expect(settings.workspaces["my-shop"]?.time_zone).toBe("Europe/Berlin");
    expect(settings.schedules[0]?.when).toEqual({ kind: "every", seconds: 5 });
  });

  it("LIFECYCLE_CONFIG and LIFECYCLE_HOME move what they name, not the reviewed files", () => {
    write("");
    write("queues: {attempts: 9}", "other.yaml");
    const settings = load({ LIFECYCLE_CONFIG: "config/other.yaml", LIFECYCLE_HOME: "/srv/home" });
    expect(settings.queues.attempts).toBe(9);
    expect(settings.landing.path).toBe("/srv/home/data");
    expect(settings.sql.path).toBe(join(cwd, "sql"));
  });

  it("schedules say when in one form", () => {
    write(
      `schedules:
        - {name: h, workspace: main, pipeline: braze, hourly: 5}
        - {name: d, workspace: main, pipeline: braze, daily: "03:30", time_zone: Europe/Berlin}`,
    );
    expect(load().schedules.map((schedule) => schedule.when)).toEqual([
      { kind: "cron", pattern: "5 * * * *", time_zone: "UTC" },
      { kind: "cron", pattern: "30 3 * * *", time_zone: "Europe/Berlin" },
    ]);
    expect(load().schedules.map(({ written }) => written)).toEqual(["hourly at minute 5", "daily at 03:30"]);
  });
});

describe("secrets", () => {
  it("come from the environment or a mounted file and print as [secret]", () => {
    write(braze(`'\${BRAZE_API_KEY:-}'`));
    writeFileSync(join(cwd, "mounted"), `${KEY}\n`);
    for (const env of [{ BRAZE_API_KEY: KEY }, { BRAZE_API_KEY_FILE: join(cwd, "mounted") }]) {
      const settings = load(env);
      expect(settings.workspaces.main?.braze.api_key?.reveal()).toBe(KEY);
      expect(settings.usesSandbox).toBe(false);
      const shown = `${JSON.stringify(settings)} ${inspect(settings, { depth: 9 })} ${settings.workspaces.main?.braze.api_key}`;
      expect(shown).not.toContain(KEY);
      expect(shown).toContain("[secret]");
    }
  });

  it("written out in a file are refused without being shown", () => {
    for (const text of [KEY, `\${BRAZE_API_KEY:-${KEY}}`, `prefix-\${X:-y}-${KEY}`]) {
      write(braze(`"${text}"`));
      const error = problems();
      expect(error.message).toContain("workspaces.main.braze.api_key");
      expect(error.message).not.toContain(KEY);
    }
    write("redis: {url: 'redis://:hunter2hunter2@cache:6379'}");
    expect(problems().message).not.toContain("hunter2");
    write("redis: {url: 'redis://cache:6379'}");
    expect(load().redis.url?.reveal()).toBe("redis://cache:6379");
  });

  it("too short or given twice are refused without being shown", () => {
    write(braze(`'\${BRAZE_API_KEY:-}'`));
    expect(problems({ BRAZE_API_KEY: "abc" }).problems[0]).toMatchObject({ got: "[secret]" });
    writeFileSync(join(cwd, "mounted"), KEY);
    const twice = problems({ BRAZE_API_KEY: KEY, BRAZE_API_KEY_FILE: join(cwd, "mounted") });
    expect(twice.message).toContain("only one of BRAZE_API_KEY and BRAZE_API_KEY_FILE");
    expect(problems({ BRAZE_API_KEY_FILE: "/nowhere/key" }).message).toContain("/nowhere/key (ENOENT)");
  });
});

describe("a wrong setting names file, path, got and expected", () => {
  it.each([
    ["queues: {lock_ms: soon}", "config/settings.yaml", "queues.lock_ms", '"soon"', /number/],
    ["queues: {lock_ms: 1}", "config/settings.yaml", "queues.lock_ms", "1", /at least 500/],
    ["queus: {}", "config/settings.yaml", "queus", "an unknown key", /queues, or another of .*board/],
    [
      "workspaces: {main: {time_zone: Mars/Base}}",
      "config/settings.yaml",
      "workspaces.main.time_zone",
      '"Mars/Base"',
      /IANA/,
    ],
    [
      "workspaces: {Main Shop: {}}",
      "config/settings.yaml",
      "workspaces.Main Shop",
      "a mapping",
      /lower-case/,
    ],
    ["workspaces: {}", "config/settings.yaml", "workspaces", "a mapping", /at least one/],
    [
      "warehouse: {engine: bigquery}",
      "config/settings.yaml",
      "warehouse.bigquery.project",
      "nothing",
      /a project/,
    ],
    [
      "run: {windows_days: 3}",
      "config/settings.yaml",
      "run.windows_days",
      "an unknown key",
      /^expected window_days/,
    ],
    ["board: {port: 99999}", "config/settings.yaml", "board.port", "99999", /^expected at most 65535$/],
    [
      "workspaces: {main: {braze: {slices: [{name: a, app_ids: b}]}}}",
      "config/settings.yaml",
      "workspaces.main.braze.slices.0.app_ids",
      "an unknown key",
      /^expected app_id/,
    ],
    [
      "logs: {level: loud}",
      "config/settings.yaml",
      "logs.level",
      '"loud"',
      /^expected one of "trace", "debug"/,
    ],
    [
      "transform: {overlay: ./sql-ours}",
      "config/settings.yaml",
      "transform.overlay",
      '"./sql-ours"',
      /^expected a folder that is there; .*sql-ours is not/,
    ],
    ["redis: {prefix: mine}", "config/settings.yaml", "redis.prefix", '"mine"', /beginning with lifecycle/],
    [
      `landing: {path: '\${NOT_THERE}'}`,
      "config/settings.yaml",
      "landing.path",
      "nothing",
      /NOT_THERE to be set/,
    ],
    [
      "schedules: [{name: a, workspace: nope, pipeline: b, hourly: 1}]",
      "config/settings.yaml",
      "schedules.0.workspace",
      '"nope"',
      /main/,
    ],
    [
      "schedules: [{name: a, workspace: main, pipeline: b}]",
      "config/settings.yaml",
      "schedules.0",
      "a mapping",
      /exactly one/,
    ],
    ["a: [", "config/settings.yaml:1", "", "text that is not YAML", /./],
    ["- just\n- a list", "config/settings.yaml", "", "a list of 2", /mapping/],
  ])("%s", (yaml, file, path, got, expected) => {
    write(yaml);
    const found = problems().problems.find((problem) => problem.path === path);
    expect(found).toMatchObject({ file, path, got });
    expect(found?.expected).toMatch(expected);
  });

  it("lists all at once, each with the file or variable it came from", () => {
    write("queues: {attempts: many}");
    write("board: {port: -1}", "settings.dev.yaml");
    const env = {
      LIFECYCLE__QUEUES__LOCK_MS: "abc",
      LIFECYCLE__QUEUES__LOK: "1",
      LIFECYCLE_NOW: "yesterday",
    };
    expect(
      problems(env)
        .problems.map(({ file, path }) => `${file} ${path}`)
        .sort(),
    ).toEqual([
      "config/settings.dev.yaml board.port",
      "config/settings.yaml queues.attempts",
      "environment LIFECYCLE_NOW now",
      "environment LIFECYCLE__QUEUES__LOCK_MS queues.lock_ms",
      "environment LIFECYCLE__QUEUES__LOK queues.lok",
    ]);
  });

  it("what came through a variable is said of the variable, not of the file that refers to it", () => {
    write(`workspaces: {main: {braze: {api_key: '\${BRAZE_API_KEY:-}', base_url: '\${BRAZE_BASE_URL:-}'}}}`);
    expect(problems({ BRAZE_API_KEY: "abc" }).problems[0]).toMatchObject({
      file: "environment BRAZE_API_KEY",
      path: "workspaces.main.braze.api_key",
    });
    expect(problems({ BRAZE_API_KEY: KEY }).problems).toEqual([
      expect.objectContaining({ file: "environment BRAZE_BASE_URL", got: "nothing" }),
    ]);
    write("logs: {level: '${LOUD:-loud}'}");
    expect(problems().problems[0]?.file).toBe("config/settings.yaml");
    expect(problems({ LOUD: "louder" }).problems[0]?.file).toBe("environment LOUD");
  });

  it("a schedule of a pipeline that is not there names those that are", () => {
    mkdirSync(join(cwd, "config/pipelines"));
    write("", "pipelines/braze.yaml");
    write("schedules: [{name: a, workspace: main, pipeline: braz, hourly: 1}]");
    const error = problems();
    expect(error.code).toBe("settings.invalid");
    expect(error.message).toContain(
      'config/settings.yaml: schedules.0.pipeline: got "braz", expected a pipeline of ./config/pipelines. Did you mean braze? Known: braze',
    );
    write("schedules: [{name: a, workspace: main, pipeline: braze, hourly: 1}]");
    expect(load().schedules[0]?.pipeline).toBe("braze");
  });

  it("a key without an endpoint, or the other way round, is no sandbox by accident", () => {
    write(`workspaces: {main: {braze: {api_key: '\${K}'}}}`);
    expect(problems({ K: KEY }).problems[0]?.path).toBe("workspaces.main.braze.base_url");
    write("workspaces: {main: {braze: {base_url: 'https://rest.iad-01.braze.com'}}}");
    expect(problems().problems[0]?.path).toBe("workspaces.main.braze.api_key");
  });

  it("a settings file that is named but not there", () => {
    write("");
    expect(problems({ LIFECYCLE_CONFIG: "config/none.yaml" }).message).toContain("config/none.yaml");
  });
});
