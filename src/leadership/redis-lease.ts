import { randomUUID } from 'node:crypto';
import type { Instant } from '../core/instant.ts';
import { InvalidOptionError } from '../errors.ts';
import type { Candidacy, Leadership } from './leadership.ts';

/** What is needed of a Redis client: an ioredis client has it. */
export interface LeaseClient {
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

export interface RedisLeadershipOptions {
  /** Instances with the same name stand in for each other. Default `flyball`. */
  readonly name?: string;
  /** How long a term lasts unless it is renewed, ms. At least 100; default 10,000. A takeover takes at most 1 s longer. */
  readonly leaseMs?: number;
  /** So long before its lease runs out a leader stops to act, for clocks that differ, ms. Default: a tenth of the lease. */
  readonly marginMs?: number;
  /** Of this instance, as other instances and people see it. Default: a random one. */
  readonly instance?: string;
}

/** Followers look at least this often, ms. */
const LOOK_MS = 500;

/**
 * `KEYS`: the lease, the number of the newest term. `ARGV`: instance, lease ms, the highest term it knows.
 * Gives the term and the time left of another's lease (0: the lease is ours), and 1 where Redis has lost its memory: the
 * lease of a leader that still acts may have been lost with it.
 */
const CLAIM = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return { tonumber(redis.call('GET', KEYS[2]) or '0'), math.max(1, redis.call('PTTL', KEYS[1])), 0 }
end
local newest = redis.call('GET', KEYS[2])
if holder and newest then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return { tonumber(newest), 0, 0 }
end
if tonumber(newest or '0') < tonumber(ARGV[3]) then redis.call('SET', KEYS[2], ARGV[3]) end
local term = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { term, 0, newest and 0 or 1 }`;

const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** A term that this instance holds. Monotonic and wall times, ms. */
interface Term {
  readonly number: number;
  /** It may act from here … */
  readonly from: number;
  /** … to here … */
  readonly until: number;
  /** … and to here on the wall clock, which goes on while a machine sleeps. */
  readonly untilWall: number;
}

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
  return new RedisLease(redis, options);
}

class RedisLease implements Leadership {
  readonly #redis: LeaseClient;
  readonly #leaseMs: number;
  readonly #marginMs: number;
  readonly #instance: string;
  readonly #keys: readonly [lease: string, term: string];
  readonly #left = new AbortController();
  #running: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  #term: Term | undefined;
  #highestTerm = 0;

  constructor(redis: LeaseClient, options: RedisLeadershipOptions) {
    const { name = 'flyball', leaseMs = 10_000, marginMs = leaseMs / 10, instance = randomUUID() } = options;
    if (!(leaseMs >= 100 && leaseMs <= Number.MAX_SAFE_INTEGER)) {
      throw new InvalidOptionError('leaseMs', 'must be at least 100 ms', leaseMs);
    }
    if (!(marginMs >= 0 && marginMs <= leaseMs / 2)) {
      throw new InvalidOptionError('marginMs', 'must be between 0 and half of leaseMs', marginMs);
    }
    if (name === '') throw new InvalidOptionError('name', 'must not be empty', name);
    if (instance === '') throw new InvalidOptionError('instance', 'must not be empty', instance);
    this.#redis = redis;
    this.#leaseMs = Math.round(leaseMs);
    this.#marginMs = marginMs;
    this.#instance = instance;
    // One slot of a cluster.
    this.#keys = [`{${name}}:leader`, `{${name}}:term`];
  }

  get fencingToken(): number | undefined {
    return this.#term?.number;
  }

  isLeader({ now, monotonic }: Instant): boolean {
    const term = this.#term;
    return term !== undefined && monotonic >= term.from && monotonic < term.until && now < term.untilWall;
  }

  join(candidate: Candidacy): void {
    this.#running ??= this.#run(candidate);
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#release();
    return this.#leaving;
  }

  async #release(): Promise<void> {
    this.#left.abort();
    this.#term = undefined;
    await this.#running;
    await this.#redis.eval(RELEASE, 1, this.#keys[0], this.#instance);
  }

  async #run(candidate: Candidacy): Promise<void> {
    const { clock } = candidate;
    const { signal } = this.#left;
    let led = false;
    while (!signal.aborted) {
      const restMs = await this.#claim(candidate);
      const leads = this.isLeader({ now: clock.now(), monotonic: clock.monotonic() });
      if (leads !== led) candidate.changed();
      led = leads;
      await clock.sleep(restMs, signal).catch(() => {});
    }
  }

  /** Takes, renews or looks at the lease. Gives the time until it does so again. */
  async #claim(candidate: Candidacy): Promise<number> {
    const { clock } = candidate;
    const renewMs = this.#leaseMs / 3;
    const [lease, term] = this.#keys;
    const sentAt = clock.monotonic();
    const sentAtWall = clock.now();
    const answered = new AbortController();
    try {
      const call = this.#redis.eval(CLAIM, 2, lease, term, this.#instance, this.#leaseMs, this.#highestTerm);
      void this.#watch(candidate, renewMs, AbortSignal.any([answered.signal, this.#left.signal]));
      const [number, leftMs, forgot] = (await unlessAborted(call, this.#left.signal)) as [
        number,
        number,
        number,
      ];
      candidate.recovered();
      this.#highestTerm = Math.max(this.#highestTerm, number);
      if (leftMs !== 0) {
        this.#term = undefined;
        return Math.min(LOOK_MS, Math.max(10, leftMs + 1));
      }
      const known = this.#term?.number === number ? this.#term.from : undefined;
      const from = known ?? (forgot === 1 ? clock.monotonic() + this.#leaseMs : sentAt);
      const lastsMs = this.#leaseMs - this.#marginMs;
      this.#term = { number, from, until: sentAt + lastsMs, untilWall: sentAtWall + lastsMs };
      const waitsMs = from - clock.monotonic();
      return waitsMs > 0 ? Math.min(renewMs, waitsMs) : renewMs;
    } catch (error) {
      if (!this.#left.signal.aborted) candidate.failed(error);
      return Math.min(LOOK_MS, renewMs);
    } finally {
      answered.abort();
    }
  }

  /** While Redis is away its client may keep the call: it is waited for, since a second one would wait behind it. */
  async #watch(candidate: Candidacy, patienceMs: number, answered: AbortSignal): Promise<void> {
    const { clock } = candidate;
    try {
      await clock.sleep(patienceMs, answered);
      candidate.failed(new Error(`Redis has not answered for ${Math.round(patienceMs)} ms`));
      const lastsMs = (this.#term?.until ?? Number.NEGATIVE_INFINITY) - clock.monotonic();
      if (lastsMs <= 0) return;
      await clock.sleep(lastsMs, answered);
      candidate.changed();
    } catch {
      // Answered, or not asked any more.
    }
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
