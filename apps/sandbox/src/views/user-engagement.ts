import {
  blankEvent,
  type Campaign,
  type Canvas,
  EventKind,
  type PlantedEvent,
  type World,
} from "@lifecycle/simulation";

/** Days over which received messages are exported. */
const RECEIVED_DAYS = 90;

export interface Engagement {
  campaigns: Map<number, object[]>;
  canvases: Map<number, object[]>;
}

/** What the named users received lately, in the shapes of /users/export; only the kinds that are wanted. */
export function engagementOf(
  world: World,
  users: ReadonlySet<number>,
  nowMs: number,
  wanted: { campaigns: boolean; canvases: boolean },
): Engagement {
  const engagement: Engagement = { campaigns: new Map(), canvases: new Map() };
  const today = world.calendar.dayOf(nowMs);
  for (let day = Math.max(world.firstDay, today - RECEIVED_DAYS); day <= today; day++) {
    for (const campaign of wanted.campaigns ? world.campaigns(nowMs) : []) {
      for (const [user, events] of byUser(world.sends(campaign, day), users, world, nowMs)) {
        push(engagement.campaigns, user, campaignShape(world, campaign, day, events));
      }
    }
    for (const canvas of wanted.canvases ? world.canvases(nowMs) : []) {
      for (const [user, events] of byUser(world.entries(canvas, day), users, world, nowMs)) {
        push(engagement.canvases, user, canvasShape(world, canvas, day, events));
      }
    }
  }
  return engagement;
}

function byUser(
  log: ReturnType<World["sends"]>,
  users: ReadonlySet<number>,
  world: World,
  nowMs: number,
): Map<number, PlantedEvent[]> {
  const visible = (nowMs - world.calendar.startOf(log.day)) / 60_000;
  const found = new Map<number, PlantedEvent[]>();
  const event = blankEvent();
  for (let at = 0; at < log.length; at++) {
    log.read(at, event);
    if (event.minute > visible || !users.has(event.user)) continue;
    push(found, event.user, { ...event });
  }
  return found;
}

function push<T>(lists: Map<number, T[]>, key: number, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

function campaignShape(world: World, campaign: Campaign, day: number, events: PlantedEvent[]): object {
  const has = (...kinds: EventKind[]) => events.some(({ kind }) => kinds.some((wanted) => wanted === kind));
  const arm = campaign.arms[events[0]!.arm]!;
  const message = campaign.messages.find(({ arm: index }) => index === events[0]!.arm)!;
  const labels = ["A", "B", "C", "D"].slice(0, campaign.behaviors.length);
  const converted = labels.map((label, at) => [
    label,
    events.some(({ kind }) => kind === EventKind.conversionA + at),
  ]);
  const variation = { variation_name: message.name, variation_api_id: message.id, in_control: arm.isControl };
  return {
    name: campaign.name,
    last_received: at(world, day, events[0]!.anchorMinute),
    engaged: {
      opened_email: campaign.channels.includes("email") && has(EventKind.open),
      opened_push: has(EventKind.directOpen, EventKind.influencedOpen),
      clicked_email: campaign.channels.includes("email") && has(EventKind.click),
      clicked_triggered_in_app_message:
        campaign.channels.includes("trigger_in_app_message") && has(EventKind.click),
    },
    converted: has(EventKind.conversionA),
    multiple_converted: Object.fromEntries(converted),
    api_campaign_id: campaign.id,
    ...(campaign.isMultivariate ? variation : {}),
  };
}

function canvasShape(world: World, canvas: Canvas, day: number, events: PlantedEvent[]): object {
  const variant = canvas.variants[events[0]!.arm]!;
  const entered = at(world, day, events[0]!.anchorMinute);
  const steps = new Map(
    events
      .filter(({ message, kind }) => message >= 0 && kind < EventKind.entry)
      .map((event) => [event.message, event.anchorMinute]),
  );
  const last = [...steps.values()].sort((a, b) => a - b).at(-1);
  return {
    name: canvas.name,
    api_canvas_id: canvas.id,
    ...(last === undefined ? {} : { last_received_message: at(world, day, last) }),
    last_entered: entered,
    variation_name: variant.name,
    in_control: variant.isControl,
    ...(variant.isControl ? { last_entered_control_at: entered } : {}),
    steps_received: [...steps].map(([step, minute]) => ({
      name: canvas.steps[step]!.name,
      api_canvas_step_id: canvas.steps[step]!.id,
      last_received: at(world, day, minute),
    })),
  };
}

function at(world: World, day: number, minute: number): string {
  return new Date(world.calendar.startOf(day) + minute * 60_000).toISOString();
}
