import type { Calendar } from "./calendar.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Population, User } from "./population.ts";
import { fraction, hash32, Stream } from "./random.ts";

/** What a user of the apps does on a day. */
export const ActivityKind = { signup: 0, session: 1, event: 2, purchase: 3, uninstall: 4 } as const;
export type ActivityKind = (typeof ActivityKind)[keyof typeof ActivityKind];

/** One thing one user did. */
export interface ActivityRow {
  kind: number;
  user: number;
  /** Index of the app. */
  app: number;
  /** Real minutes since the beginning of the local day. */
  minute: number;
  /** Index of the event or product; -1 for none. */
  item: number;
  /** Pieces of a purchase, else 0. */
  quantity: number;
  /** US cents of a purchase, all pieces together. */
  valueMinor: number;
}

const WIDTH = 7;

/** All that users did on one local day, packed: months of it are kept. */
export class ActivityLog {
  readonly day: number;
  private readonly cells: Int32Array;

  constructor(day: number, rows: readonly ActivityRow[]) {
    this.day = day;
    this.cells = new Int32Array(rows.length * WIDTH);
    rows.forEach((row, index) => {
      const { kind, user, app, minute, item, quantity, valueMinor } = row;
      this.cells.set([kind, user, app, minute, item, quantity, valueMinor], index * WIDTH);
    });
  }

  get length(): number {
    return this.cells.length / WIDTH;
  }

  *rows(): Generator<ActivityRow> {
    const { cells } = this;
    for (let at = 0; at < cells.length; at += WIDTH) {
      yield {
        kind: cells[at]!,
        user: cells[at + 1]!,
        app: cells[at + 2]!,
        minute: cells[at + 3]!,
        item: cells[at + 4]!,
        quantity: cells[at + 5]!,
        valueMinor: cells[at + 6]!,
      };
    }
  }
}

/** How often a session ends in a purchase where nothing makes it likelier. */
const PURCHASE_CHANCE = 0.05;

/**
 * Everything on one local day, the whole day: the reader decides by `minute` what is visible. `messageLift`: percent by which a purchase
 * is likelier outside the global control group.
 */
export function activityOn(
  seed: number,
  day: number,
  calendar: Calendar,
  population: Population,
  catalogue: Catalogue,
  messageLift: number,
): ActivityLog {
  const rows: ActivityRow[] = [];
  const minutes = calendar.minutesIn(day);
  const count = population.countBy(day);
  for (let number = 0; number < count; number++) {
    const user = population.user(number);
    if (!population.isAliveOn(user, day)) continue;
    const isNew = user.signupDay === day;
    const isLast = user.endDay - 1 === day && user.uninstalls;
    const chance = hash32(seed, number, day);
    if (!isNew && !isLast && fraction(chance) >= user.activity) continue;
    const lift = messageLift > 0 && !population.isGlobalControl(number) ? messageLift : 0;
    const buys = PURCHASE_CHANCE * (1 + lift / 100);
    live(new Stream(chance), user, minutes, isNew, isLast, catalogue, buys, rows);
  }
  return new ActivityLog(day, rows);
}

function live(
  draw: Stream,
  user: User,
  minutes: number,
  isNew: boolean,
  isLast: boolean,
  catalogue: Catalogue,
  buys: number,
  rows: ActivityRow[],
): void {
  const common = { user: user.number, app: user.app, item: -1, quantity: 0, valueMinor: 0 };
  let minute = draw.below(Math.floor(minutes * 0.6));
  if (isNew) rows.push({ ...common, kind: ActivityKind.signup, minute });
  const sessions = 1 + draw.below(3);
  for (let session = 0; session < sessions; session++) {
    const app = draw.chance(0.08) ? draw.below(catalogue.apps.length) : user.app;
    rows.push({ ...common, kind: ActivityKind.session, app, minute });
    for (let events = draw.below(5); events > 0; events--) {
      const item = Math.floor(catalogue.events.length * draw.next() ** 3);
      rows.push({ ...common, kind: ActivityKind.event, app, minute, item });
    }
    if (draw.chance(buys)) {
      const item = Math.floor(catalogue.products.length * draw.next() ** 2);
      const quantity = 1 + draw.below(3);
      const valueMinor = quantity * catalogue.products[item]!.priceMinor;
      rows.push({ ...common, kind: ActivityKind.purchase, app, minute, item, quantity, valueMinor });
    }
    minute = Math.min(minutes - 1, minute + 20 + draw.below(200));
  }
  if (isLast) rows.push({ ...common, kind: ActivityKind.uninstall, minute });
}
