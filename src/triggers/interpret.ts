import { figure, percent, workers } from '../core/format.ts';
import type {
  ActiveSignal,
  CostThresholdSignal,
  ErrorRateSignal,
  ExternalSignal,
  LoadSpikeSignal,
  RateLimitSignal,
  Signal,
  ThrottleAdvice,
} from '../core/signal.ts';
import type { PoolView } from '../core/view.ts';
import type { ResolvedSignalOptions } from './signal-options.ts';

/** What an interpretation needs to know of the pool. */
export type Situation = Pick<PoolView, 'pool' | 'now' | 'size' | 'busy' | 'demand'>;

/** What a signal means for one pool, and for how long. */
export interface Meaning {
  /** All but the times, which the board keeps. */
  readonly signal: Omit<ActiveSignal, 'raisedAt' | 'expiresAt'>;
  readonly durationMs: number;
}

/** The used share of a rate limit that a cut aims at, between advice and cut: 0.8 of 1. */
const aim = ({ throttleRatio, rateLimitRatio }: ResolvedSignalOptions): number =>
  (throttleRatio + rateLimitRatio) / 2;

/**
 * What a signal means for one pool. `standing` is the signal of the same type and name that is in force there.
 * `undefined` = nothing changes for the size.
 */
export function interpret(
  signal: Signal,
  situation: Situation,
  options: ResolvedSignalOptions,
  standing?: ActiveSignal,
): Meaning | undefined {
  switch (signal.type) {
    case 'load-spike':
      return spike(signal, situation, options);
    case 'external':
      return external(signal, situation, options);
    case 'rate-limit':
      return rateLimit(signal, situation, options, standing);
    case 'error-rate':
      return errorRate(signal, situation, options, standing);
    case 'cost-threshold':
      return costThreshold(signal, situation, options, standing);
  }
}

function spike(signal: LoadSpikeSignal, situation: Situation, options: ResolvedSignalOptions): Meaning {
  const { magnitude, emergency = magnitude > options.emergencyMagnitude } = signal;
  const { expectedDemand = situation.demand.fast * (1 + magnitude) } = signal;
  const reason = `a load spike of ${percent(magnitude)} was raised`;
  return {
    signal: {
      ...head(signal, situation),
      magnitude,
      emergency,
      expectedDemand,
      reason: signal.reason ?? reason,
    },
    durationMs: signal.durationMs ?? (emergency ? options.emergencyDurationMs : options.durationMs),
  };
}

function external(signal: ExternalSignal, situation: Situation, options: ResolvedSignalOptions): Meaning {
  const { expectedDemand, emergency = false, name } = signal;
  const reason = signal.reason ?? `external event${name === undefined ? '' : ` ${name}`}`;
  return {
    signal: { ...head(signal, situation), magnitude: 1, emergency, expectedDemand, reason },
    durationMs: signal.durationMs ?? (emergency ? options.emergencyDurationMs : options.durationMs),
  };
}

/**
 * Above the upper ratio: as many workers as would use 80% of the limit, if calls follow the workers that are busy. 20
 * busy workers at 95% → 16. While a pool still shrinks to a ceiling, or as long as it is above the lower ratio there,
 * the ceiling stays; so neither the way down nor the level below 90% is an occasion to grow again.
 */
function rateLimit(
  signal: RateLimitSignal,
  situation: Situation,
  options: ResolvedSignalOptions,
  standing: ActiveSignal | undefined,
): Meaning | undefined {
  const { current, limit, durationMs = options.durationMs } = signal;
  const used = current / limit;
  const over = used > options.rateLimitRatio;
  let ceiling = standing?.ceiling;
  if (over && (ceiling === undefined || situation.size <= ceiling)) {
    const busy = Math.max(1, Math.min(situation.size, Math.ceil(situation.busy)));
    ceiling = Math.max(1, Math.floor((busy * aim(options)) / used + 1e-9));
  }
  if (ceiling === undefined || used <= options.throttleRatio) return undefined;
  const reason = signal.reason ?? `${percent(used)} of the rate limit of ${figure(limit)} is in use`;
  return {
    signal: { ...head(signal, situation), magnitude: Math.min(1, used), emergency: false, ceiling, reason },
    durationMs,
  };
}

/** No growth: more workers would only send more jobs to what fails already. */
function errorRate(
  signal: ErrorRateSignal,
  situation: Situation,
  options: ResolvedSignalOptions,
  standing: ActiveSignal | undefined,
): Meaning {
  const { errorRatio, durationMs = options.durationMs } = signal;
  const ceiling = standing?.ceiling ?? situation.size;
  const reason = `${percent(errorRatio)} of the jobs fail: more workers would feed what fails`;
  return {
    signal: {
      ...head(signal, situation),
      magnitude: errorRatio,
      emergency: false,
      ceiling,
      reason: signal.reason ?? reason,
    },
    durationMs,
  };
}

/** The part of the size that can be paid: 30 workers at 6.00 an hour, of which 4.00 may be spent: 20. */
function costThreshold(
  signal: CostThresholdSignal,
  situation: Situation,
  options: ResolvedSignalOptions,
  standing: ActiveSignal | undefined,
): Meaning | undefined {
  const { costPerHour, maxCostPerHour, durationMs = options.costDurationMs } = signal;
  const paid = Math.floor((situation.size * maxCostPerHour) / costPerHour + 1e-9);
  // Spending falls when workers have gone: the ceiling is not lowered again on the way there.
  const reached = standing?.ceiling === undefined || situation.size <= standing.ceiling;
  const ceiling = reached ? paid : (standing?.ceiling as number);
  if (costPerHour <= maxCostPerHour) return undefined;
  const reason = `${figure(costPerHour)} an hour are spent, ${figure(maxCostPerHour)} may be: ${workers(ceiling)}`;
  return {
    signal: {
      ...head(signal, situation),
      magnitude: Math.min(1, costPerHour / maxCostPerHour - 1),
      emergency: false,
      ceiling,
      reason: signal.reason ?? reason,
    },
    durationMs,
  };
}

function head({ type, name }: Signal, { pool }: Situation): Pick<ActiveSignal, 'type' | 'pool' | 'name'> {
  return { type, pool, ...(name !== undefined && { name }) };
}

/** What a host should do about a rate limit that comes near; `undefined` = nothing. */
export function throttleAdvice(
  { current, limit }: RateLimitSignal,
  { pool, now }: Situation,
  { throttleRatio }: ResolvedSignalOptions,
): ThrottleAdvice | undefined {
  const used = current / limit;
  if (used <= throttleRatio) return undefined;
  const keep = throttleRatio * limit;
  const reason = `${percent(used)} of the rate limit of ${figure(limit)} is in use: keep to ${figure(keep)}`;
  return { pool, at: now, current, limit, keep, keepRatio: keep / current, reason };
}
