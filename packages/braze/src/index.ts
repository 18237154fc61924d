export {
  type Bucket,
  createLimiter,
  type Limiter,
  type LimiterOptions,
  type QuotaHeaders,
  type ScheduleOptions,
  type Slot,
} from "./limiter/limiter.ts";
