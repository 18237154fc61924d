// Exit code 0 when this container is fit to work. What is asked depends on the role, which compose hands over:
//   board      its own readiness      producer   its sign of life in Redis
//   sandbox    whether it answers     others     whether Redis answers
import { openQueues, queuePolicy } from "@lifecycle/queue";
import { loadSettings, probeRedis, redisPrefix } from "@lifecycle/runtime";

const checks = {
  board: () => isOk("readyz", 3300),
  producer: isProducerAlive,
  sandbox: () => isOk("__sandbox/stats", 3310),
};

const [role, port] = process.argv.slice(2);

async function isOk(path, defaultPort) {
  const answer = await fetch(`http://127.0.0.1:${port ?? defaultPort}/${path}`, {
    signal: AbortSignal.timeout(5_000),
  });
  return answer.ok;
}

async function isProducerAlive() {
  const settings = loadSettings();
  const connection = { redisUrl: settings.redis.url.reveal(), prefix: redisPrefix(settings) };
  const queues = openQueues(connection, [], queuePolicy(settings));
  try {
    return await queues.isProducerAlive();
  } finally {
    await queues.close();
  }
}

async function isRedisThere() {
  await probeRedis(loadSettings().redis.url.reveal());
  return true;
}

// Not waiting longer than the orchestrator does: a connection that is retried for ever would keep this process.
setTimeout(() => process.exit(1), 8_000).unref();
try {
  process.exit((await (checks[role] ?? isRedisThere)()) ? 0 : 1);
} catch {
  process.exit(1);
}
