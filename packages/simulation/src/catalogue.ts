import { fraction, hash32, uuid } from "./random.ts";

/** One app of the workspace. */
export interface App {
  id: string;
  name: string;
  platform: "iOS" | "Android" | "Web";
  /** Share of users who mainly use it. */
  share: number;
}

export interface EventType {
  name: string;
  description: string;
  inAnalyticsReport: boolean;
  status: "Active" | "Blocklisted";
  tags: string[];
}

export interface AttributeType {
  name: string;
  dataType: "String" | "Number" | "Boolean" | "Time" | "Array";
  arrayLength: number | null;
  description: string;
  status: "Active" | "Blocklisted";
  tags: string[];
}

export interface Product {
  name: string;
  priceMinor: number;
}

export interface Segment {
  id: string;
  index: number;
  key: number;
  name: string;
  description: string;
  textDescription: string;
  hasAnalytics: boolean;
  tags: string[];
  /** Share of users who belong to it, for ever. */
  share: number;
  createdDay: number;
}

/** What a workspace has beside its messages; nothing here changes with time. Names are in alphabetical order. */
export interface Catalogue {
  apps: App[];
  events: EventType[];
  attributes: AttributeType[];
  products: Product[];
  segments: Segment[];
}

/** More than one page of each: pages hold 250 event names, 50 events or attributes, 100 products. */
const EVENTS = 262;
const ATTRIBUTES = 117;
const PRODUCTS = 130;

const VERBS = ["added", "closed", "ended", "opened", "rated", "saved", "shared", "started", "viewed"];
const THINGS = ["address", "banner", "cart", "chat", "coupon", "lesson", "level", "list", "map", "order"];
const MORE = ["page", "photo", "plan", "profile", "quiz", "review", "search", "ticket", "tour", "video"];

export function plantCatalogue(seed: number, segments: number, anchorDay: number): Catalogue {
  return {
    apps: [
      { id: uuid(seed, 60, 0), name: "Example iOS", platform: "iOS", share: 0.45 },
      { id: uuid(seed, 60, 1), name: "Example Android", platform: "Android", share: 0.4 },
      { id: uuid(seed, 60, 2), name: "Example Web", platform: "Web", share: 0.15 },
    ],
    events: eventNames().map((name, index) => ({
      name,
      description: index % 3 === 0 ? `Somebody ${name.replaceAll("_", " ")}` : "",
      inAnalyticsReport: index % 5 !== 0,
      status: index % 23 === 22 ? "Blocklisted" : "Active",
      tags: index % 4 === 0 ? ["product"] : [],
    })),
    attributes: Array.from({ length: ATTRIBUTES }, (_, index) => attribute(index)),
    products: Array.from({ length: PRODUCTS }, (_, index) => ({
      name: `sku-${String(index).padStart(4, "0")}`,
      priceMinor: 199 + (hash32(seed, 61, index) % 12_000),
    })),
    segments: Array.from({ length: segments }, (_, index) => segment(seed, index, anchorDay)),
  };
}

function eventNames(): string[] {
  const things = [...THINGS, ...MORE];
  const names = things.flatMap((thing) => VERBS.map((verb) => `${thing}_${verb}`));
  const late = things.flatMap((thing) => VERBS.map((verb) => `${thing}_${verb}_again`));
  const odd = ["Größe gewählt", "checkout done", "plan/upgraded", "100% complete", "a&b=c"];
  return [...names, ...late]
    .slice(0, EVENTS - odd.length)
    .concat(odd)
    .sort();
}

function attribute(index: number): AttributeType {
  const dataType = (["String", "Number", "Boolean", "Time", "Array"] as const)[index % 5]!;
  return {
    name: `attribute_${String(index).padStart(3, "0")}`,
    dataType,
    arrayLength: dataType === "Array" ? 25 : null,
    description: index % 2 === 0 ? `Attribute number ${index}` : "",
    status: index % 29 === 28 ? "Blocklisted" : "Active",
    tags: index % 6 === 0 ? ["crm"] : [],
  };
}

function segment(seed: number, index: number, anchorDay: number): Segment {
  const key = hash32(seed, 62, index);
  return {
    id: uuid(key, 1),
    index,
    key,
    name: `Segment ${String(index).padStart(3, "0")}`,
    description: `Users whose random bucket fits rule ${index}`,
    textDescription: index % 2 === 0 ? "Made for testing" : "",
    hasAnalytics: index % 6 !== 5,
    tags: index % 3 === 0 ? ["core"] : [],
    share: 0.02 + 0.5 * fraction(hash32(key, 2)) ** 2,
    createdDay: anchorDay + index,
  };
}
