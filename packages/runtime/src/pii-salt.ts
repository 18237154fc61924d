import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { registerSecret } from "./secret.ts";
import type { Settings } from "./settings.ts";

const SALT_BYTES = 32;

/**
 * The key with which personal data are hashed: `pii.salt` of the settings; in dev else one that is made once and kept for this user
 * alone in `.runtime/pii-salt`. Undefined in prod without a setting: there, two machines must not each make their own.
 */
export function piiSalt(settings: Pick<Settings, "pii" | "environment" | "home">): string | undefined {
  const given = settings.pii.salt?.reveal();
  if (given !== undefined || settings.environment === "prod") return given;
  const folder = join(settings.home, ".runtime");
  const path = join(folder, "pii-salt");
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(path, randomBytes(SALT_BYTES).toString("hex"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const salt = readFileSync(path, "utf8").trim();
  registerSecret(salt);
  return salt;
}
