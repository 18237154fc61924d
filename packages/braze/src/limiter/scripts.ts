import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/**
 * What the fleet knows of one bucket's current window lies in one hash; requests under way lie in a sorted set by the time
 * they were let in. Every change is one script, so that processes never act on each other's half-finished sums.
 *
 * Counting is exact at the border of two windows: a request under way when the window turns is counted in both (`carried`)
 * until its answer says in which of them the server received it. One that is older than the window before was received or
 * never will be, so a dead process costs one window its share; its entries are swept after `lostMs`.
 */
const PRELUDE = `
local now, limit0, window0, share, lostMs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local stateKey, inflightKey, holdKey = KEYS[1], KEYS[2], KEYS[3]
local names = {'reset', 'window', 'limit', 'sent', 'carried', 'foreign', 'habit', 'whole', 'header', 'since'}
local read = redis.call('hmget', stateKey, unpack(names))
local s = {}
for i, name in ipairs(names) do s[name] = tonumber(read[i]) or 0 end

-- The window turns: what is still under way may yet be received in the new one.
local function turn(reset)
  if s.whole == 1 and s.sent > 0 then s.habit = math.max(s.foreign, math.floor(s.habit / 2)) end
  redis.call('zremrangebyscore', inflightKey, '-inf', '(' .. (now - lostMs))
  s.since = math.min(s.reset - s.window, now - 2000)
  s.carried = redis.call('zcount', inflightKey, s.since, '+inf')
  s.sent, s.foreign, s.whole, s.reset = 0, 0, 1, reset
end

if s.reset == 0 then
  s.window, s.limit = window0, limit0
  s.reset = (math.floor(now / window0) + 1) * window0
end
if now >= s.reset then turn(s.reset + (math.floor((now - s.reset) / s.window) + 1) * s.window) end

local function reserve()
  if s.limit < 20 then return 0 end
  return math.ceil(s.limit * 0.02)
end

-- What others are still likely to send before the window ends: as much as they did in the last one, or as fast as in this one.
local function expected()
  local left = math.max(0, math.min(1, (s.reset - now) / s.window))
  local pace = s.habit
  if s.whole == 1 then pace = math.max(pace, s.foreign / math.max(1 - left, 0.2)) end
  return math.ceil(pace * left)
end

local function save()
  local flat = {}
  for _, name in ipairs(names) do flat[#flat + 1] = name; flat[#flat + 1] = s[name] end
  redis.call('hset', stateKey, unpack(flat))
  redis.call('pexpire', stateKey, math.ceil(s.window * 2 + 60000))
  redis.call('pexpire', inflightKey, lostMs * 2)
end

local function answer(verdict, at, granted)
  save()
  local ours = s.sent + s.carried
  local free = math.min(math.floor(s.limit * share), s.limit - reserve() - s.foreign - expected()) - ours
  return {verdict, math.floor(at), granted or 0, s.limit, math.floor(s.reset), math.floor(s.window), free, s.foreign}
end
`;

/**
 * Lets in as many of the ids given as there is room for. Verdict 1: some. 0: the window is used up, or kept for others: ask
 * again at the instant given. 2: on hold until it.
 */
const ADMIT = `${PRELUDE}
local hold = tonumber(redis.call('get', holdKey) or '0')
if hold > now then return answer(2, hold) end
local ours = s.sent + s.carried
local most = math.min(math.floor(s.limit * share), s.limit - reserve() - s.foreign)
if ours >= most then return answer(0, s.reset) end
local soft = s.limit - reserve() - s.foreign - expected()
if ours >= soft then
  return answer(0, math.min(s.reset, now + math.max(20, math.min(1000, s.window / 100))))
end
local granted = math.min(#ARGV - 5, math.floor(math.min(most, soft)) - ours)
for i = 1, granted do redis.call('zadd', inflightKey, now, ARGV[5 + i]) end
s.sent = s.sent + granted
return answer(1, now, granted)
`;

/** Answers arrived: for each its id, and what its headers said (limit, remaining, reset; 0 when they were absent). */
const SETTLE = `${PRELUDE}
local nearby = 500
local function settle(id, limit, remaining, reset)
  local since = tonumber(redis.call('zscore', inflightKey, id) or '0')
  local known = limit > 0
  if known then s.limit = limit end
  if known and reset > 0 then
    if s.header > 0 and reset > s.header + nearby and reset - s.header < s.window - nearby then s.window = reset - s.header end
    if reset - now > s.window + 1000 then s.window = reset - now end
    if reset > s.reset + nearby then
      if s.header == 0 then s.reset = reset else turn(reset) end
    elseif reset < s.reset - nearby then
      known = false
      -- A reset that contradicts one already confirmed is another rule's, or a mistake.
      if reset > now + nearby and math.abs(s.header - s.reset) > nearby then
        s.reset, s.whole, known = reset, 0, true
      elseif since >= s.since and since > 0 and since < s.reset - s.window then
        s.carried = math.max(0, s.carried - 1)
      end
    end
    s.header = math.max(s.header, reset)
  end
  if known then s.foreign = math.max(s.foreign, limit - remaining - s.sent - s.carried) end
  if id ~= '' then redis.call('zrem', inflightKey, id) end
end
for i = 6, #ARGV, 4 do settle(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])) end
return answer(1, now)
`;

/** A hold is only ever moved to a later instant, and ends by itself. */
const HOLD = `
local untilMs = tonumber(ARGV[1])
local current = tonumber(redis.call('get', KEYS[1]) or '0')
if untilMs <= current then return current end
redis.call('set', KEYS[1], ARGV[1], 'PXAT', ARGV[1])
return untilMs
`;

export const scripts = { admit: ADMIT, settle: SETTLE, hold: HOLD } as const;

const digests = new Map<string, string>();

/** Runs a script by its digest, and sends its text only when this Redis does not know it yet. */
export async function runScript(
  redis: Redis,
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const digest = digests.get(script) ?? createHash("sha1").update(script).digest("hex");
  digests.set(script, digest);
  try {
    return await redis.evalsha(digest, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return await redis.eval(script, keys.length, ...keys, ...args);
  }
}
