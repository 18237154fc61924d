import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { piiSalt } from "./pii-salt.ts";
import { maskSecrets, Secret } from "./secret.ts";

const home = mkdtempSync(join(tmpdir(), "pii-salt-"));
afterAll(() => rmSync(home, { recursive: true }));
const settings = (environment: "dev" | "prod", salt?: string) => ({
  environment,
  home,
  pii: { policy: "hash" as const, ...(salt === undefined ? {} : { salt: new Secret(salt) }) },
});

describe("piiSalt", () => {
  it("is the one of the settings", () => {
    expect(piiSalt(settings("prod", "salt of the settings"))).toBe("salt of the settings");
  });

  it("is made once in dev, for this user alone, and never shown", () => {
    const salt = piiSalt(settings("dev"))!;
    expect(salt).toMatch(/^[0-9a-f]{64}$/);
    expect(piiSalt(settings("dev"))).toBe(salt);
    expect(statSync(join(home, ".runtime/pii-salt")).mode & 0o777).toBe(0o600);
    expect(maskSecrets(`the salt is ${salt}`)).not.toContain(salt);
  });

  it("is nobody's to make up in prod", () => {
    expect(piiSalt(settings("prod"))).toBeUndefined();
  });
});
