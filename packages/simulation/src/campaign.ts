import { type Arm, type Planted, plantArms } from "./arms.ts";
import type { Channel } from "./channels.ts";
import { plantBehaviors } from "./conversions.ts";
import { type Defect, plantDefect } from "./defects.ts";
import { type Ageing, generationOn, isLiveOn, lifespanOf } from "./lifecycle.ts";
import type { Programme } from "./programme.ts";
import { fraction, hash32, Stream, uuid } from "./random.ts";

/** One message variation: what one arm gets on one channel. A control has one too, which is never sent. */
export interface CampaignMessage {
  id: string;
  arm: number;
  channel: Channel;
  name: string;
  isControl: boolean;
}

export interface Campaign extends Programme {
  isApi: boolean;
  /** More than one arm: Braze then reports names, conversions and revenue per variation. */
  isMultivariate: boolean;
  /** How the test was broken on purpose; null for a sound one. */
  defect: Defect | null;
  arms: Arm[];
  messages: CampaignMessage[];
  rhythm: "daily" | "weekdays" | "weekly";
}

interface Archetype {
  label: string;
  channels: Channel[];
  variants: number;
  control?: boolean;
  api?: boolean;
  /** Every second one of its kind is an API campaign. */
  everySecondApi?: boolean;
  ageing?: Ageing;
  rhythm?: Campaign["rhythm"];
  triggered?: boolean;
}

/** Campaign `i` is of kind `i mod 20`, so that even a small world holds every channel and shape. */
const ARCHETYPES: readonly Archetype[] = [
  { label: "Newsletter test", channels: ["email"], variants: 2, control: true },
  { label: "Subject line test", channels: ["email"], variants: 2, rhythm: "weekdays" },
  { label: "Product news", channels: ["email"], variants: 1, ageing: "rotating" },
  { label: "App alert", channels: ["ios_push", "android_push"], variants: 1, everySecondApi: true },
  { label: "Text reminder", channels: ["sms"], variants: 2, control: true },
  { label: "Chat update", channels: ["whats_app"], variants: 1, rhythm: "weekly" },
  { label: "Home card", channels: ["content_cards"], variants: 2, control: true },
  { label: "Partner hook", channels: ["webhook"], variants: 1, api: true },
  {
    label: "Upsell overlay",
    channels: ["trigger_in_app_message"],
    variants: 2,
    control: true,
    triggered: true,
  },
  { label: "Receipt", channels: ["email"], variants: 1, api: true },
  { label: "Win-back holdout", channels: ["email"], variants: 1, control: true, rhythm: "weekdays" },
  { label: "Android copy test", channels: ["android_push"], variants: 3, ageing: "rotating" },
  { label: "iOS copy test", channels: ["ios_push"], variants: 2, control: true },
  { label: "Idea", channels: ["email"], variants: 1, ageing: "draft" },
  { label: "Season offer", channels: ["email"], variants: 2, ageing: "season_archived" },
  { label: "Season text", channels: ["sms"], variants: 1, ageing: "season_stopped" },
  { label: "Cart saver", channels: ["email"], variants: 4, control: true, triggered: true },
  {
    label: "Launch",
    channels: ["email", "sms", "android_push"],
    variants: 1,
    ageing: "rotating",
    rhythm: "weekly",
  },
  { label: "Order chat test", channels: ["whats_app"], variants: 2, control: true, api: true },
  { label: "Old promotion", channels: ["email"], variants: 1, ageing: "retired" },
];
/** Kinds with more than one arm; every second one of the world gets a planted effect. */
const COMPARED = ARCHETYPES.flatMap((kind, index) => (kind.variants > 1 || kind.control ? [index] : []));

const CONTROLLED = ARCHETYPES.flatMap((kind, index) => (kind.control ? [index] : []));

const LABELS = ["lifecycle", "promo", "retention", "onboarding", "transactional", "q-test"];

/** Campaign `index` in its generation: everything about it that does not change with time. */
export function plantCampaign(
  seed: number,
  index: number,
  generation: number,
  users: number,
  defects: readonly Defect[] = [],
): Campaign {
  const kind = ARCHETYPES[index % ARCHETYPES.length]!;
  const cycle = Math.floor(index / ARCHETYPES.length);
  const slot = hash32(seed, 1, index);
  const key = hash32(slot, generation);
  const draw = new Stream(hash32(key, 21));
  const planted = plantedKind(index, cycle);
  const arms = plantArms(key, kind.variants, kind.control ?? false, planted);
  const behaviors = plantBehaviors(draw, kind.channels.includes("email"), 30);
  const isApi = Boolean(kind.api || (kind.everySecondApi && cycle % 2 === 1));
  const isTriggered = Boolean(kind.triggered || isApi);
  const suffix = generation > 0 ? ` (${generation})` : "";
  return {
    id: uuid(key, 1),
    index,
    generation,
    key,
    name: `${kind.label} ${String(index).padStart(3, "0")}${suffix}`,
    tags: LABELS.filter((_, label) => hash32(key, 30, label) % 3 === 0),
    isApi,
    isMultivariate: arms.length > 1,
    planted,
    defect: plantDefect(
      defects,
      arms,
      cycle * CONTROLLED.length + CONTROLLED.indexOf(index % ARCHETYPES.length),
    ),
    arms,
    messages: plantMessages(key, kind.channels, arms),
    channels: kind.channels,
    behaviors,
    scheduleType: isApi ? "api_triggered" : kind.triggered ? "action_based" : "time_based",
    isTriggered,
    rhythm: kind.rhythm ?? "daily",
    life: lifespanOf(kind.ageing ?? "permanent", slot, cycle, generation),
    volume: Math.max(4, users * (0.0003 + 0.0005 * fraction(hash32(key, 31))) * (arms.length > 1 ? 1.5 : 1)),
    settledAfterDays: Math.max(9, ...behaviors.map((behavior) => behavior.windowDays + 2)),
  };
}

/** The generation of campaign `index` that exists on a local day. */
export function campaignGeneration(seed: number, index: number, day: number): number {
  const ageing = ARCHETYPES[index % ARCHETYPES.length]!.ageing ?? "permanent";
  return generationOn(ageing, hash32(seed, 1, index), day);
}

/** Whether the campaign sends on a local day. */
export function sendsOn(campaign: Campaign, day: number): boolean {
  if (!isLiveOn(campaign.life, day)) return false;
  const weekday = (day + 3) % 7; // 0 is Monday: 1970-01-01 was a Thursday.
  if (campaign.rhythm === "daily") return true;
  return campaign.rhythm === "weekdays" ? weekday < 5 : weekday === campaign.key % 7;
}

function plantedKind(index: number, cycle: number): Planted {
  const place = COMPARED.indexOf(index % ARCHETYPES.length);
  if (place < 0) return "none";
  return (cycle * COMPARED.length + place) % 2 === 0 ? "effect" : "null";
}

function plantMessages(key: number, channels: Channel[], arms: Arm[]): CampaignMessage[] {
  return arms.flatMap((arm, index) =>
    channels.map((channel, place) => ({
      id: uuid(key, 2, index, place),
      arm: index,
      channel,
      name: channels.length > 1 ? `${arm.name} ${channel}` : arm.name,
      isControl: arm.isControl,
    })),
  );
}
