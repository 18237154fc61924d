/** One line of `lifecycle doctor`. */
export interface Finding {
  what: string;
  level: "ok" | "warn" | "fail";
  /** What was found and, unless it is ok, how to mend it. */
  detail: string;
}
