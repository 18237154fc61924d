import { fraction, hash32 } from "@lifecycle/simulation";

/** What can go wrong with an answer. `slow` comes on top of the others; of the rest a request has at most one. */
const FAULT_KINDS = [
  "429",
  "500",
  "503",
  "cut",
  "malformed",
  "wrong_types",
  "new_fields",
  "html",
  "redirect",
  "truncated_gzip",
  "huge_error",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultSettings {
  /** Probability of each kind per accepted request. */
  rates: Partial<Record<FaultKind, number>>;
  slow: { rate: number; delayMs: number };
  /** Objects whose every endpoint answers 500: an API id, or `campaign:3`, `canvas:0`, `segment:1` by position. */
  broken: string[];
  /** The key counts as revoked: every call answers 401. */
  revoked: boolean;
}

export interface Fault {
  kind: FaultKind | undefined;
  delayMs: number;
  /** A number for details of the fault, such as the place at which a body is spoilt. */
  seed: number;
}

export const NO_FAULTS: FaultSettings = {
  rates: {},
  slow: { rate: 0, delayMs: 0 },
  broken: [],
  revoked: false,
};

/** The fault of request number `counter`: equal seeds and counters give equal faults. */
export function drawFault(settings: FaultSettings, seed: number, counter: number): Fault {
  const slow = fraction(hash32(seed, 901, counter)) < settings.slow.rate;
  let point = fraction(hash32(seed, 902, counter));
  let kind: FaultKind | undefined;
  for (const candidate of FAULT_KINDS) {
    point -= settings.rates[candidate] ?? 0;
    if (point < 0) {
      kind = candidate;
      break;
    }
  }
  return { kind, delayMs: slow ? settings.slow.delayMs : 0, seed: hash32(seed, 903, counter) };
}

/** Reads `429=0.05,cut=0.02,slow=0.1:500`. Throws a RangeError that names the part it cannot read. */
export function parseFaults(text: string): Pick<FaultSettings, "rates" | "slow"> {
  const rates: FaultSettings["rates"] = {};
  let slow = NO_FAULTS.slow;
  for (const part of text.split(",").filter(Boolean)) {
    const match = /^([a-z0-9_]+)=([0-9.]+)(?::(\d+))?$/.exec(part.trim());
    const rate = Number(match?.[2]);
    const kind = match?.[1] ?? "";
    if (!match || !(rate >= 0 && rate <= 1))
      throw new RangeError(`cannot read fault "${part}": expected kind=0.05`);
    if (kind === "slow") slow = { rate, delayMs: Number(match[3] ?? 1_000) };
    else rates[faultKind(kind)] = rate;
  }
  return { rates, slow };
}

/** The settings after a change sent to `POST /__sandbox/faults`. Throws a RangeError for an unknown key or value. */
export function changeFaults(current: FaultSettings, change: Record<string, unknown>): FaultSettings {
  const next: FaultSettings = structuredClone(change.reset === true ? NO_FAULTS : current);
  for (const [name, value] of Object.entries(change)) {
    if (name === "reset") continue;
    if (name === "broken") next.broken = texts(value);
    else if (name === "revoked") next.revoked = value === true;
    else if (name === "slow") next.slow = slowFault(value);
    else next.rates[faultKind(name)] = rateOf(name, value);
  }
  return next;
}

function faultKind(name: string): FaultKind {
  const kind = FAULT_KINDS.find((candidate) => candidate === name);
  if (kind) return kind;
  throw new RangeError(`no fault "${name}": there are ${FAULT_KINDS.join(", ")}, slow, broken, revoked`);
}

function rateOf(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new RangeError(`fault "${name}" needs a rate from 0 to 1`);
}

function slowFault(value: unknown): FaultSettings["slow"] {
  if (typeof value === "number") return { rate: rateOf("slow", value), delayMs: 1_000 };
  const given = (value ?? {}) as { rate?: unknown; delay_ms?: unknown };
  return { rate: rateOf("slow", given.rate), delayMs: Number(given.delay_ms ?? 1_000) };
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) throw new RangeError("`broken` needs a list of ids");
  return value.map(brokenName);
}

/** A bare position means a campaign. */
export function brokenName(value: unknown): string {
  return /^\d+$/.test(String(value)) ? `campaign:${value}` : String(value);
}

/** A copy of `body` in which one value somewhere has become something of another type. Lossless for the eye: the
 *  value is still in there, so nobody can mistake it for an empty one. */
export function spoilTypes(body: unknown, seed: number): unknown {
  const copy = structuredClone(body);
  const places: [holder: Record<string, unknown>, key: string][] = [];
  collect(copy, places);
  const place = places[seed % Math.max(1, places.length)];
  if (place) place[0][place[1]] = seed % 2 === 0 ? { value: place[0][place[1]] } : [place[0][place[1]]];
  return copy;
}

/** A copy of `body` that knows more than is documented: every object of its lists, or else itself, has one field more. */
export function addFields(body: unknown): unknown {
  if (body === null || typeof body !== "object") return body;
  const copy = structuredClone(body) as Record<string, unknown>;
  const items = Object.values(copy)
    .filter(Array.isArray)
    .flat()
    .filter((item) => item !== null && typeof item === "object");
  for (const item of items.length > 0 ? items : [copy]) item.brand_new = "a field of tomorrow";
  return copy;
}

function collect(value: unknown, places: [Record<string, unknown>, string][]): void {
  if (value === null || typeof value !== "object") return;
  const holder = value as Record<string, unknown>;
  for (const [key, inner] of Object.entries(holder)) {
    if (key === "message" && typeof inner === "string") continue;
    if (typeof inner === "number" || typeof inner === "string") places.push([holder, key]);
    else collect(inner, places);
  }
}
