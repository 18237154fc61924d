export { queueNamesOf, queuePolicy } from "./from-settings.ts";
export { extractQueue, NOTIFY_QUEUE, queueOf, WAREHOUSE_QUEUE } from "./names.ts";
export { type Outcome, outcomeOf } from "./outcome.ts";
export { backoffMs, type QueuePolicy } from "./policy.ts";
export {
  type KnownJob,
  openQueues,
  type QueueConnection,
  type Queues,
  runIdOfJob,
  workJobId,
} from "./queues.ts";
export {
  type DeadJob,
  type Handlers,
  type JobContext,
  type JobReport,
  type RunningWorker,
  startWorker,
} from "./worker.ts";
