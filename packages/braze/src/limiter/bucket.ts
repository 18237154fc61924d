export interface Bucket {
  name: string;
  /** Requests that Braze permits per window. The headers of its answers override it. */
  limit: number;
  windowMs: number;
}

/** What the rate-limit headers of an answer said. */
export interface QuotaHeaders {
  limit: number;
  remaining: number;
  /** Absent when the header was missing or no number. */
  resetAt?: Date | undefined;
}
