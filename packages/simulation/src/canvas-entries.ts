import { armOf } from "./arms.ts";
import type { Calendar } from "./calendar.ts";
import { type Canvas, entersOn, pathOf } from "./canvas.ts";
import { type Dispatch, deliver } from "./channels.ts";
import { convert } from "./conversions.ts";
import { EventKind, EventLog } from "./event-log.ts";
import { fraction, hash32, Stream } from "./random.ts";

/** Chance to go on from one message step to the next. */
const GOES_ON = 0.86;

/**
 * Everything that follows from the people a Canvas lets in on one local day. `message` is the index of a step, `arm` of
 * a variant. A step's counters are credited to the day on which it sent (`anchorMinute`), conversions carry the step
 * that had reached the user last.
 */
export function canvasEntries(canvas: Canvas, day: number, calendar: Calendar, users: number): EventLog {
  if (!entersOn(canvas, day)) return new EventLog(day, 0);
  const draw = new Stream(hash32(canvas.key, 41, day));
  const noise = 0.8 + 0.4 * fraction(hash32(canvas.key, 42, day));
  const count = Math.max(1, Math.round(canvas.volume * noise));
  const log = new EventLog(day, count * 6);
  const minutes = calendar.minutesIn(day);
  const block = Math.ceil(canvas.volume * 1.3);
  const to: Dispatch = { arm: 0, message: -1, dispatch: 0, user: 0, minute: 0 };
  for (let place = 0; place < count; place++) {
    to.user = (day * block + place + (canvas.key % users)) % users;
    to.arm = armOf(canvas.key, canvas.variants, to.user);
    const entered = canvas.isTriggered ? draw.below(minutes) : 600 + draw.below(45);
    log.add(EventKind.entry, to.arm, -1, to.dispatch, to.user, entered, entered);
    const passed = walk(canvas, log, to, entered, draw);
    const prospect = { arm: to.arm, dispatch: to.dispatch, user: to.user, minute: entered };
    const rate = canvas.variants[to.arm]!.conversionRate;
    convert(log, prospect, canvas.behaviors, rate, draw, (minute) =>
      lastPassed(canvas, passed, entered, minute),
    );
  }
  return log;
}

/** Sends the user through the variant's message steps and returns those that were reached, in order. */
function walk(canvas: Canvas, log: EventLog, to: Dispatch, entered: number, draw: Stream): number[] {
  const passed: number[] = [];
  const path = pathOf(canvas, to.user);
  for (const index of canvas.variants[to.arm]!.steps) {
    const step = canvas.steps[index]!;
    if (step.channel === undefined || (step.path !== null && step.path !== path)) continue;
    if (passed.length > 0 && !draw.chance(GOES_ON)) break;
    passed.push(index);
    to.message = index;
    to.minute = entered + step.afterMinutes;
    to.dispatch++;
    deliver(step.channel, log, to, draw);
  }
  return passed;
}

function lastPassed(canvas: Canvas, passed: readonly number[], entered: number, minute: number): number {
  return passed.findLast((index) => entered + canvas.steps[index]!.afterMinutes <= minute) ?? -1;
}
