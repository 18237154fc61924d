/** Takes a Redis as every process does, tells its URL to the parent, and holds it until it is killed. */
import { loadSettings, provideRedis, silentLogger } from "@lifecycle/runtime";

const redis = await provideRedis(loadSettings(), { logger: silentLogger });
process.send?.(redis.url);
// Listening keeps the process alive.
process.on("message", () => {});
