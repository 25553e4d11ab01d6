import type { Leadership } from './leadership.ts';
import { type Lease, type LeaseOptions, type LeaseStore, leaseOf } from './lease.ts';
import { LeaseKeeper } from './lease-keeper.ts';

/** What is needed of a Redis client: an ioredis client has it. */
export interface LeaseClient {
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

export interface RedisLeadershipOptions extends LeaseOptions {}

/**
 * `KEYS`: the lease, the number of the newest term, the mark of a Redis that has lost its memory: the lease of a leader
 * that still acts may have been lost with it, so no term begins before the mark has run out. `ARGV`: holder, lease ms,
 * the newest term that it knows, the term that it has (0: none). Gives the term, the time left of another's lease (0: the lease is ours), and of the mark.
 */
const CLAIM = `
local holder = redis.call('GET', KEYS[1])
local newest = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then
  return { tonumber(newest or '0'), math.max(1, redis.call('PTTL', KEYS[1])), 0 }
end
if holder and newest == ARGV[4] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return { tonumber(newest), 0, math.max(0, redis.call('PTTL', KEYS[3])) }
end
if not newest then redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2]) end
if tonumber(newest or '0') < tonumber(ARGV[3]) then redis.call('SET', KEYS[2], ARGV[3]) end
local term = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { term, 0, math.max(0, redis.call('PTTL', KEYS[3])) }`;

const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/**
 * Leadership by a lease in Redis: whoever holds it leads; it is renewed three times in its length, given up by `stop()`,
 * and free for others once it runs out.
 *
 * The lease is counted from before the call that renewed it was sent, and ends a margin early, so the leader knows that
 * its time is over before Redis does. A process that was frozen finds its lease over when it wakes. When Redis has
 * restarted without its data, the first term of the new life begins a lease later, since the leader from before may
 * still hold its own.
 *
 * @param redis an ioredis client; its connection is left open
 * @throws InvalidOptionError
 */
export function redisLeadership(redis: LeaseClient, options: RedisLeadershipOptions = {}): Leadership {
  const lease = leaseOf(options);
  return new LeaseKeeper(redisLease(redis, lease), lease);
}

function redisLease(redis: LeaseClient, { name, leaseMs, holder }: Lease): LeaseStore {
  // One slot of a cluster.
  const [lease, term, mark] = ['leader', 'term', 'forgot'].map((key) => `{${name}}:${key}`) as [
    string,
    string,
    string,
  ];
  return {
    place: 'Redis',
    // The client keeps what it was given, whether or not somebody waits: the signals have nothing to end.
    async claim({ newestTerm, ownTerm = 0 }) {
      const answer = await redis.eval(CLAIM, 3, lease, term, mark, holder, leaseMs, newestTerm, ownTerm);
      const [number, takenForMs, beginsInMs] = answer as [number, number, number];
      return { term: number, takenForMs, beginsInMs };
    },
    async release() {
      await redis.eval(RELEASE, 1, lease, holder);
    },
  };
}
