/** One look at a queue in Redis, as `SNAPSHOT_SCRIPT` takes it. Counts of jobs; times in epoch ms. */
export interface QueueSnapshot {
  readonly waiting: number;
  readonly prioritized: number;
  /** Delayed jobs whose time has not come. */
  readonly delayed: number;
  /** Delayed jobs whose time has come: the next worker that looks will make them waiting ones. */
  readonly due: number;
  readonly active: number;
  /** Parents whose children have not ended. */
  readonly waitingChildren: number;
  readonly isPaused: boolean;
  /** Jobs added since the queue began. */
  readonly added: number;
  /** Finished jobs as the workers' metrics count them; absent where no worker has metrics. */
  readonly metrics?: { readonly completed: number; readonly failed: number };
  /** Failed jobs that are kept. */
  readonly keptFailed: number;
  /** When the jobs at the head of their lines could have begun. */
  readonly heads: readonly number[];
  /** When the first of the delayed jobs will be due; absent without any. */
  readonly nextDue?: number;
  /** The newest event of the queue, by the id that its stream gives it. */
  readonly lastEvent: string;
}

/** Jobs that a worker could begin now. */
export function available({ isPaused, waiting, prioritized, due }: QueueSnapshot): number {
  return isPaused ? 0 : waiting + prioritized + due;
}

/**
 * All of a queue in one call. `KEYS[1]` is the queue's prefix (`bull:name:`), `ARGV[1]` the time. The keys are those of
 * BullMQ 5 and 6; a delayed job's score is its time, times 4096, plus a number in the order of arrival.
 */
export const SNAPSHOT_SCRIPT = `
local key = function(name) return KEYS[1] .. name end
local length = function(name) return redis.call('LLEN', key(name)) end
local size = function(name) return redis.call('ZCARD', key(name)) end
local due = redis.call('ZCOUNT', key('delayed'), '-inf', (ARGV[1] + 1) * 4096 - 1)
local next = redis.call('ZRANGEBYSCORE', key('delayed'), (ARGV[1] + 1) * 4096, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local last = redis.call('XREVRANGE', key('events'), '+', '-', 'COUNT', 1)[1]
local heads = {}
local head = function(id)
  if id then
    local job = redis.call('HMGET', key(id), 'timestamp', 'opts')
    if job[1] then heads[#heads + 1] = { job[1], job[2] or '' } end
  end
end
head(redis.call('LINDEX', key('wait'), -1))
head(redis.call('LINDEX', key('paused'), -1))
head(redis.call('ZRANGE', key('prioritized'), 0, 0)[1])
if due > 0 then head(redis.call('ZRANGE', key('delayed'), 0, 0)[1]) end
return {
  length('wait') + length('paused'), size('prioritized'), size('delayed') - due, due, length('active'),
  size('waiting-children'), redis.call('HEXISTS', key('meta'), 'paused'), redis.call('GET', key('id')) or '0',
  redis.call('HGET', key('metrics:completed'), 'count') or '', redis.call('HGET', key('metrics:failed'), 'count') or '',
  size('failed'), heads, next[2] or '', last and last[1] or '0-0',
}`;

type Head = readonly [timestamp: string, options: string];

/** Reads what the script gives. */
export function parseSnapshot(reply: readonly unknown[]): QueueSnapshot {
  const [
    waiting,
    prioritized,
    delayed,
    due,
    active,
    waitingChildren,
    paused,
    added,
    completed,
    failed,
    keptFailed,
  ] = reply.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const hasMetrics = reply[8] !== '' || reply[9] !== '';
  return {
    waiting,
    prioritized,
    delayed,
    due,
    active,
    waitingChildren,
    isPaused: paused === 1,
    added,
    ...(hasMetrics && { metrics: { completed, failed } }),
    keptFailed,
    heads: (reply[11] as readonly Head[]).map(couldBegin),
    ...(reply[12] !== '' && { nextDue: Math.floor(Number(reply[12]) / 4096) }),
    lastEvent: String(reply[13]),
  };
}

/** A job that was added with a delay could not begin before its end. */
function couldBegin([timestamp, options]: Head): number {
  let delay: unknown;
  try {
    delay = (JSON.parse(options) as { delay?: unknown }).delay;
  } catch {
    // Options that are none: the job's own time stands.
  }
  return Number(timestamp) + (typeof delay === 'number' ? delay : 0);
}
