import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadSettings } from "./settings.ts";
import { withholdSecrets } from "./withheld.ts";

const folder = mkdtempSync(join(tmpdir(), "withheld-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

writeFileSync(join(folder, "salt"), "a salt in a mounted file");
writeFileSync(join(folder, ".env"), "BOARD_PASSWORD=a-password-of-env-file\n");
const env = {
  LIFECYCLE_ENV_FILE: join(folder, ".env"),
  BRAZE_BASE_URL: "https://rest.example.org",
  BRAZE_API_KEY: "a-key-of-braze",
  PII_SALT_FILE: join(folder, "salt"),
  REDIS_URL: "redis://:a-redis-password@127.0.0.1:6379",
  LIFECYCLE__BOARD__API_TOKEN: "a-token-of-the-board",
};

describe("a process that needs only some secrets", () => {
  const settings = loadSettings({ env });
  const given = (needs: (path: string) => boolean) => {
    const own = { ...env, ...withholdSecrets(settings, needs) };
    return { own, settings: loadSettings({ env: own }) };
  };

  it("gets those, and settings that are as valid as the whole", () => {
    const extract = given((path) => /^(workspaces|pii|redis)\./.test(path));
    expect(extract.settings.workspaces.main!.braze.api_key!.reveal()).toBe("a-key-of-braze");
    expect(extract.settings.pii.salt!.reveal()).toBe("a salt in a mounted file");
    expect(extract.settings.redis.url!.reveal()).toContain("a-redis-password");
    expect(extract.settings.board.password!.reveal()).toMatch(/^withheld/);
    expect(extract.settings.board.api_token!.reveal()).toMatch(/^withheld/);
  });

  it("has none of the others in its environment, and still knows that there is a key", () => {
    const producer = given((path) => path.startsWith("redis."));
    const values = Object.values(producer.own).join(" ");
    expect(settings.board.password!.reveal()).toBe("a-password-of-env-file");
    for (const secret of ["a-key-of-braze", "a-token-of-the-board", join(folder, "salt")])
      expect(values).not.toContain(secret);
    expect(producer.settings.board.password!.reveal()).toMatch(/^withheld/);
    expect(producer.settings.pii.salt!.reveal()).toMatch(/^withheld/);
    expect(producer.settings.usesSandbox).toBe(false);
  });

  it("is told nothing about secrets that nobody has set", () => {
    const bare = loadSettings({ env: { LIFECYCLE_ENV_FILE: "" } });
    expect(withholdSecrets(bare, () => false)).toEqual({});
  });
});
