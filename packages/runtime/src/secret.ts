import { inspect } from "node:util";

const MASK = "[secret]";

/** Values of this process that no line may show. Short values are left out: masking them would blot out everything. */
const known = new Set<string>();
const MIN_MASKED_LENGTH = 6;

/**
 * A value that prints as `[secret]` wherever it lands: templates, JSON, `console.log`, loggers. Only `reveal()` gives it,
 * to be called where it goes on the wire. Creating one also masks the bare value in everything `maskSecrets` sees.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    registerSecret(value);
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** Adds a value to those `maskSecrets` hides, also as it looks inside JSON and inside a URL. */
export function registerSecret(value: string): void {
  if (value.length < MIN_MASKED_LENGTH) return;
  known.add(value);
  known.add(JSON.stringify(value).slice(1, -1));
  known.add(encodeURIComponent(value));
}

/** `text` with every known secret of this process replaced by `[secret]`. */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const value of known) {
    if (masked.includes(value)) masked = masked.replaceAll(value, MASK);
  }
  return masked;
}

/** A connection URL fit for people: `redis://user:***@host:6379/0`. Text that is no URL comes back as `***`. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return "***";
  const parsed = new URL(url);
  if (parsed.password) parsed.password = "***";
  else if (parsed.username) parsed.username = "***";
  parsed.search = "";
  return parsed.href;
}
