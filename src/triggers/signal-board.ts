import type { Instant } from '../core/instant.ts';
import type { PoolId } from '../core/observation.ts';
import type { Supply } from '../core/resources.ts';
import type { ActiveSignal, Signal, SignalType, ThrottleAdvice } from '../core/signal.ts';
import { interpret, type Situation, throttleAdvice } from './interpret.ts';
import { type ResolvedSignalOptions, resolveSignalOptions, type SignalOptions } from './signal-options.ts';

/** Who raised a signal: what a detector sees does not replace what the host knows. */
export type SignalSource = 'host' | 'detector';

/** What came of a signal. */
export interface Raised {
  /** In force now, one for each pool that is concerned. */
  readonly signals: readonly ActiveSignal[];
  readonly advice: readonly ThrottleAdvice[];
}

/** Emergencies that ended within this time make the next one last longer, ms. */
const FLAP_WINDOW_MS = 60 * 60_000;
/** … up to this, ms. */
const LONGEST_EMERGENCY_MS = 60 * 60_000;

interface Entry {
  readonly signal: ActiveSignal;
  /** On the monotonic clock. */
  readonly endsAt: number;
}

/** Where something stands on a board: of what is posted at one place the newest holds. */
export interface Slot {
  /** Absent: it is a limit for all pools together. */
  readonly pool?: PoolId;
  /** Who raised it, its type and its name. */
  readonly place: string;
}

/** What is in force, for the boards of other instances. */
export interface Posted extends Slot {
  /** A signal, or a limit of what may be spent. */
  readonly value: ActiveSignal | Supply;
  /** On the monotonic clock. */
  readonly endsAt: number;
}

const COST_LIMIT: Slot = { place: 'cost-limit' };

const NONE: readonly ActiveSignal[] = [];

/**
 * The signals in force, by pool. They end by the monotonic clock, so a jump of the wall clock neither ends nor prolongs
 * one. A signal replaces the one of its pool, type, name and source; so the board does not grow with what is raised.
 *
 * Flapping emergencies are damped: each that begins within an hour after others lasts twice as long as the one before,
 * at most an hour (10, 20, 40, 60 min), so that workers which come and go stay instead.
 */
export class SignalBoard {
  readonly options: ResolvedSignalOptions;
  readonly #pools = new Map<PoolId, Map<string, Entry>>();
  /** When the last emergencies of a pool ended or will end, monotonic ms. */
  readonly #emergencies = new Map<PoolId, number[]>();
  #costLimit: { readonly supply: Supply; readonly endsAt: number } | undefined;

  /** @throws InvalidOptionError */
  constructor(options?: SignalOptions) {
    this.options = resolveSignalOptions(options);
  }

  /**
   * Puts a signal into force for its pool, or for all `situations` where it names none. An expected demand of all pools
   * is divided among them as their demand is now; a cost threshold of all pools is a limit for the budget, see
   * `supplies`.
   */
  raise(signal: Signal, situations: readonly Situation[], at: Instant, by: SignalSource = 'host'): Raised {
    const concerned =
      signal.pool === undefined ? situations : situations.filter(({ pool }) => pool === signal.pool);
    const signals: ActiveSignal[] = [];
    const advice: ThrottleAdvice[] = [];
    if (signal.type === 'cost-threshold' && signal.pool === undefined) {
      this.#limitCost(signal.maxCostPerHour, at, signal.durationMs);
      return { signals, advice };
    }
    const total = concerned.reduce((sum, { demand }) => sum + demand.slow, 0);
    for (const situation of concerned) {
      const part = total > 0 ? situation.demand.slow / total : 1 / concerned.length;
      const raised = this.#raiseOne(
        signal.pool === undefined ? portion(signal, part) : signal,
        situation,
        at,
        by,
      );
      if (raised !== undefined) signals.push(raised);
      if (signal.type !== 'rate-limit') continue;
      const throttle = throttleAdvice(signal, situation, this.options);
      if (throttle !== undefined) advice.push(throttle);
    }
    return { signals, advice };
  }

  /** The signals in force for a pool; the newest last. */
  active(pool: PoolId, at: Instant): readonly ActiveSignal[] {
    const entries = this.#pools.get(pool);
    if (entries === undefined) return NONE;
    const active: ActiveSignal[] = [];
    for (const [key, { signal, endsAt }] of entries) {
      if (endsAt <= at.monotonic) entries.delete(key);
      else active.push({ ...signal, expiresAt: at.now + endsAt - at.monotonic });
    }
    if (entries.size === 0) this.#pools.delete(pool);
    return active;
  }

  /** What signals set as limits for all pools together. */
  supplies(at: Instant): readonly Supply[] {
    if (this.#costLimit === undefined) return [];
    if (this.#costLimit.endsAt <= at.monotonic) {
      this.#costLimit = undefined;
      return [];
    }
    return [this.#costLimit.supply];
  }

  /** Ends signals of a type before their time, of one pool or of all. */
  withdraw(type: SignalType, pool?: PoolId): void {
    for (const [id, entries] of this.#pools) {
      if (pool !== undefined && id !== pool) continue;
      for (const [key, { signal }] of entries) if (signal.type === type) entries.delete(key);
    }
    if (type === 'cost-threshold' && pool === undefined) this.#costLimit = undefined;
  }

  /** All that is in force. */
  posted({ monotonic }: Instant): Posted[] {
    const posted: Posted[] = [];
    for (const [pool, entries] of this.#pools) {
      for (const [place, { signal, endsAt }] of entries) {
        if (endsAt > monotonic) posted.push({ pool, place, value: signal, endsAt });
      }
    }
    const limit = this.#costLimit;
    if (limit !== undefined && limit.endsAt > monotonic) {
      posted.push({ ...COST_LIMIT, value: limit.supply, endsAt: limit.endsAt });
    }
    return posted;
  }

  /** Puts into force what was posted at another instance's board; times are by this instance's clock. */
  post({ pool, place, value, endsAt }: Posted, at: Instant): void {
    if ('total' in value) this.#costLimit = { supply: value, endsAt };
    else if (pool !== undefined) {
      if (value.emergency) this.#emergencies.set(pool, [...this.#endedEmergencies(pool, at), endsAt]);
      this.#put(pool, place, { signal: value, endsAt });
    }
  }

  /** Takes down what was withdrawn at another instance. */
  takeDown({ pool, place }: Slot): void {
    if (pool !== undefined) this.#pools.get(pool)?.delete(place);
    else if (place === COST_LIMIT.place) this.#costLimit = undefined;
  }

  /** Forgets a pool that was removed. */
  forget(pool: PoolId): void {
    this.#pools.delete(pool);
    this.#emergencies.delete(pool);
  }

  #raiseOne(signal: Signal, situation: Situation, at: Instant, by: SignalSource): ActiveSignal | undefined {
    const { pool } = situation;
    const key = `${by}\n${signal.type}\n${signal.name ?? ''}`;
    const before = this.#pools.get(pool)?.get(key);
    const standing = before !== undefined && before.endsAt > at.monotonic ? before.signal : undefined;
    const meaning = interpret(signal, situation, this.options, standing);
    if (meaning === undefined) return undefined;
    const durationMs = meaning.signal.emergency
      ? this.#damped(pool, meaning.durationMs, at)
      : meaning.durationMs;
    const active = { ...meaning.signal, raisedAt: at.now, expiresAt: at.now + durationMs };
    this.#put(pool, key, { signal: active, endsAt: at.monotonic + durationMs });
    return active;
  }

  #put(pool: PoolId, place: string, entry: Entry): void {
    const entries = this.#pools.get(pool) ?? new Map<string, Entry>();
    entries.delete(place); // so that the newest is last
    entries.set(place, entry);
    this.#pools.set(pool, entries);
  }

  /** How long an emergency lasts: longer, the more ended within the last hour. */
  #damped(pool: PoolId, durationMs: number, at: Instant): number {
    const ended = this.#endedEmergencies(pool, at);
    const lasts = Math.max(durationMs, Math.min(LONGEST_EMERGENCY_MS, durationMs * 2 ** ended.length));
    this.#emergencies.set(pool, [...ended, at.monotonic + lasts]);
    return lasts;
  }

  #endedEmergencies(pool: PoolId, at: Instant): number[] {
    const ended = (this.#emergencies.get(pool) ?? []).filter((end) => at.monotonic - end <= FLAP_WINDOW_MS);
    // One that is still on is renewed by the next one, it does not count against it.
    const renewed = this.active(pool, at).some(({ emergency }) => emergency);
    if (renewed) ended.pop();
    return ended;
  }

  #limitCost(total: number, at: Instant, durationMs = this.options.costDurationMs): void {
    const supply: Supply = { resource: 'cost', total, by: 'a cost-threshold signal' };
    this.#costLimit = { supply, endsAt: at.monotonic + durationMs };
  }
}

/** One pool's part of what is expected of all. */
function portion(signal: Signal, part: number): Signal {
  if (!('expectedDemand' in signal) || signal.expectedDemand === undefined) return signal;
  return { ...signal, expectedDemand: signal.expectedDemand * part };
}
