import { type Arm, type Planted, plantArms } from "./arms.ts";
import type { Channel } from "./channels.ts";
import { plantBehaviors } from "./conversions.ts";
import { type Ageing, generationOn, isLiveOn, lifespanOf } from "./lifecycle.ts";
import type { Programme } from "./programme.ts";
import { fraction, hash32, hashPair, Stream, uuid } from "./random.ts";

/** One place a user passes. Only message steps have a channel and counters. */
export interface CanvasStep {
  id: string;
  name: string;
  type: "message" | "delay" | "decision_split" | "experiment_path";
  channel: Channel | undefined;
  /** Id of the one message variation of a message step. */
  messageId: string;
  /** Minutes after entry at which a user who got this far arrives. */
  afterMinutes: number;
  /** Indexes of the steps that follow; of an experiment step the first step of each path, in their order. */
  next: number[];
  /** The path of the Canvas's experiment step on which the step lies; null when everybody passes it. */
  path: number | null;
  /** Taken out of the Canvas in the dashboard; users already inside still pass it. */
  isDeleted: boolean;
}

export interface CanvasVariant extends Arm {
  id: string;
  /** Message, delay and split steps in the order in which users meet them; empty for a control. */
  steps: number[];
}

export interface Canvas extends Programme {
  variants: CanvasVariant[];
  steps: CanvasStep[];
}

interface Archetype {
  label: string;
  variants: number;
  control?: boolean;
  channels: Channel[];
  ageing?: Ageing;
  /** The last step of the first variant was deleted. */
  deletedStep?: boolean;
  triggered?: boolean;
  /** Before the last message an experiment step may split people. */
  splits?: boolean;
}

/** Canvas `i` is of kind `i mod 8`. */
const ARCHETYPES: readonly Archetype[] = [
  { label: "Onboarding", variants: 2, control: true, channels: ["email", "ios_push", "email"] },
  { label: "Win-back", variants: 2, channels: ["email", "sms"], triggered: true },
  {
    label: "Welcome",
    variants: 1,
    channels: ["email", "trigger_in_app_message"],
    triggered: true,
    splits: true,
  },
  { label: "Upgrade", variants: 3, control: true, channels: ["email", "content_cards"], deletedStep: true },
  { label: "Trial end", variants: 1, control: true, channels: ["android_push", "email"] },
  { label: "Sketch", variants: 1, channels: ["email"], ageing: "draft" },
  { label: "Season journey", variants: 2, channels: ["email", "webhook"], ageing: "season_archived" },
  { label: "Campaign month", variants: 2, channels: ["sms", "whats_app"], ageing: "rotating" },
];
const COMPARED = ARCHETYPES.flatMap((kind, index) => (kind.variants > 1 || kind.control ? [index] : []));

const LABELS = ["journey", "lifecycle", "growth"];
/** Minutes between one message step and the next: two days and a little, so that steps fall on different days. */
const STEP_GAP_MINUTES = 2 * 1440 + 90;

/** Canvas `index` in its generation: everything about it that does not change with time. */
export function plantCanvas(
  seed: number,
  index: number,
  generation: number,
  users: number,
  experimentPaths = 0,
): Canvas {
  const kind = ARCHETYPES[index % ARCHETYPES.length]!;
  const cycle = Math.floor(index / ARCHETYPES.length);
  const slot = hash32(seed, 2, index);
  const key = hash32(slot, generation);
  const draw = new Stream(hash32(key, 21));
  const planted = plantedKind(index, cycle);
  const arms = plantArms(key, kind.variants, kind.control ?? false, planted);
  const { steps, variants } = plantSteps(key, arms, kind, experimentPaths);
  const behaviors = plantBehaviors(draw, false, 14).slice(0, 1);
  const inside = Math.ceil(Math.max(0, ...steps.map((step) => step.afterMinutes)) / 1440);
  return {
    id: uuid(key, 1),
    index,
    generation,
    key,
    name: `${kind.label} ${String(index).padStart(3, "0")}${generation > 0 ? ` (${generation})` : ""}`,
    tags: LABELS.filter((_, label) => hash32(key, 30, label) % 2 === 0),
    planted,
    variants,
    steps,
    channels: [...new Set(kind.channels)],
    behaviors,
    scheduleType: kind.triggered ? "action_based" : "time_based",
    isTriggered: kind.triggered ?? false,
    life: lifespanOf(kind.ageing ?? "permanent", slot, cycle, generation),
    volume: Math.max(4, users * (0.0003 + 0.0004 * fraction(hash32(key, 31)))),
    settledAfterDays: Math.max(9 + inside, behaviors[0]!.windowDays + 2),
  };
}

/** The generation of Canvas `index` that exists on a local day. */
export function canvasGeneration(seed: number, index: number, day: number): number {
  const ageing = ARCHETYPES[index % ARCHETYPES.length]!.ageing ?? "permanent";
  return generationOn(ageing, hash32(seed, 2, index), day);
}

/** Whether the Canvas lets people in on a local day. */
export function entersOn(canvas: Canvas, day: number): boolean {
  return isLiveOn(canvas.life, day);
}

/** The path that an experiment step gives to a user: always the same one, each path equally often. */
export function pathOf(canvas: Canvas, user: number): number {
  const paths = canvas.steps.find(({ type }) => type === "experiment_path")?.next.length ?? 1;
  return Math.floor(fraction(hashPair(canvas.key ^ 0x54, user)) * paths);
}

function plantedKind(index: number, cycle: number): Planted {
  const place = COMPARED.indexOf(index % ARCHETYPES.length);
  if (place < 0) return "none";
  return (cycle * COMPARED.length + place) % 2 === 0 ? "effect" : "null";
}

/**
 * Per variant: message, delay, message …, and in the first variant a decision split before its last message. Where people are split by
 * an experiment step, the last message is another one on each path.
 */
function plantSteps(key: number, arms: Arm[], kind: Archetype, experimentPaths: number) {
  const steps: CanvasStep[] = [];
  const variants = arms.map((arm, index): CanvasVariant => {
    const own: number[] = [];
    let before: number | undefined;
    const push = (type: CanvasStep["type"], label: string, afterMinutes: number, channel?: Channel) => {
      const place = steps.length;
      const name = `${arm.name}: ${label}`;
      const ids = { id: uuid(key, 3, place), messageId: uuid(key, 4, place) };
      steps.push({ ...ids, name, type, channel, afterMinutes, next: [], path: null, isDeleted: false });
      if (before !== undefined) steps[before]!.next.push(place);
      before = place;
      own.push(place);
      return place;
    };
    const pushPaths = (place: number, at: number, channel: Channel) => {
      const split = push("experiment_path", "Experiment", at);
      for (let path = 0; path < experimentPaths; path++) {
        before = split;
        steps[push("message", `${channel} ${place + 1}, path ${path + 1}`, at, channel)]!.path = path;
      }
    };
    if (!arm.isControl) {
      kind.channels.forEach((channel, place) => {
        const at = place * STEP_GAP_MINUTES;
        const isLast = place > 0 && place === kind.channels.length - 1;
        if (place > 0) push("delay", `Delay ${place}`, at - STEP_GAP_MINUTES);
        if (isLast && index === 0) push("decision_split", "Split", at);
        if (isLast && kind.splits && experimentPaths > 0) pushPaths(place, at, channel);
        else push("message", `${channel} ${place + 1}`, at, channel);
      });
    }
    if (kind.deletedStep && index === 0) steps[own.at(-1)!]!.isDeleted = true;
    return { ...arm, id: uuid(key, 2, index), steps: own };
  });
  return { steps, variants };
}
