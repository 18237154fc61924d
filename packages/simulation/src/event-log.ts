/** What can happen to a planted user. */
export const EventKind = {
  enrolled: 0,
  sent: 1,
  delivered: 2,
  bounce: 3,
  open: 4,
  machineOpen: 5,
  click: 6,
  unsubscribe: 7,
  spam: 8,
  directOpen: 9,
  influencedOpen: 10,
  carrier: 11,
  rejected: 12,
  failed: 13,
  help: 14,
  impression: 15,
  dismissal: 16,
  firstButton: 17,
  secondButton: 18,
  entry: 19,
  conversionA: 20,
  conversionB: 21,
  conversionC: 22,
  conversionD: 23,
  purchase: 24,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** One thing that happened to one planted user. Minutes are real minutes since the beginning of the log's local day. */
export interface PlantedEvent {
  kind: number;
  /** Index of the variant or arm the user was given. */
  arm: number;
  /** Index of the message (campaign) or step (Canvas) it belongs to; -1 for none. */
  message: number;
  /** One message to one user: repeats within a dispatch are not unique. Whole within the log. */
  dispatch: number;
  user: number;
  /** When the message was sent: the minute whose day the event is credited to. */
  anchorMinute: number;
  /** When it happened: it is visible from this minute on. */
  minute: number;
  /** US cents for a purchase, else 0. */
  valueMinor: number;
}

const WIDTH = 8;

/** All that follows from what one object did on one local day, packed: a busy day has thousands of events. */
export class EventLog {
  readonly day: number;
  length = 0;
  private cells: Int32Array;

  constructor(day: number, expected = 256) {
    this.day = day;
    this.cells = new Int32Array(Math.max(16, expected) * WIDTH);
  }

  add(
    kind: EventKind,
    arm: number,
    message: number,
    dispatch: number,
    user: number,
    anchorMinute: number,
    minute: number,
    valueMinor = 0,
  ): void {
    const at = this.length * WIDTH;
    if (at === this.cells.length) {
      const wider = new Int32Array(this.cells.length * 2);
      wider.set(this.cells);
      this.cells = wider;
    }
    const cells = this.cells;
    cells[at] = kind;
    cells[at + 1] = arm;
    cells[at + 2] = message;
    cells[at + 3] = dispatch;
    cells[at + 4] = user;
    cells[at + 5] = anchorMinute;
    cells[at + 6] = minute;
    cells[at + 7] = valueMinor;
    this.length++;
  }

  /** Reads event `index` into `target`, so that a loop over a long log makes no objects. */
  read(index: number, target: PlantedEvent): PlantedEvent {
    const at = index * WIDTH;
    const cells = this.cells;
    target.kind = cells[at]!;
    target.arm = cells[at + 1]!;
    target.message = cells[at + 2]!;
    target.dispatch = cells[at + 3]!;
    target.user = cells[at + 4]!;
    target.anchorMinute = cells[at + 5]!;
    target.minute = cells[at + 6]!;
    target.valueMinor = cells[at + 7]!;
    return target;
  }
}

/** An event to read into. */
export function blankEvent(): PlantedEvent {
  return {
    kind: 0,
    arm: 0,
    message: -1,
    dispatch: 0,
    user: 0,
    anchorMinute: 0,
    minute: 0,
    valueMinor: 0,
  };
}
