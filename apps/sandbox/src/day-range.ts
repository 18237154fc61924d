/** Local days, both included. Empty when `until` lies before `from`. */
export interface DayRange {
  from: number;
  until: number;
}

/** One row of a series of days or hours: part of a local day. */
export interface Slot {
  day: number;
  /** Real minutes since the beginning of the day, half-open. */
  fromMinute: number;
  untilMinute: number;
  time: string;
}
