import { MOST_WORKERS, type PoolObservation } from './observation.ts';

/** Larger totals lose whole jobs in a double. */
const MOST_JOBS = Number.MAX_SAFE_INTEGER;

const COUNTS = ['ready', 'busy', 'queued'] as const;
const TOTALS = ['arrived', 'completed', 'failed'] as const;
const OPTIONAL_NUMBERS = [
  ['starting', MOST_WORKERS],
  ['draining', MOST_WORKERS],
  ['reporting', MOST_WORKERS],
  ['slotsPerWorker', 1_000_000],
  ['arrived', MOST_JOBS],
  ['completed', MOST_JOBS],
  ['failed', MOST_JOBS],
  ['responseTimeMs', Number.MAX_VALUE],
  ['waitTimeMs', Number.MAX_VALUE],
  ['serviceTimeMs', Number.MAX_VALUE],
  ['observedAt', Number.MAX_VALUE],
] as const;

/**
 * Why an observation cannot be believed, as a sentence that names field, rule and value; `undefined` when it can.
 * Whole readings are refused: a host that reports NaN in one place is not to be trusted in the others.
 */
export function refuse(observation: unknown): string | undefined {
  if (typeof observation !== 'object' || observation === null) {
    return `observe() must give an object, got ${show(observation)}`;
  }
  const reading = observation as Record<string, unknown>;
  for (const field of COUNTS) {
    const rule = breach(reading[field], field === 'queued' ? MOST_JOBS : MOST_WORKERS);
    if (rule !== undefined) return `${field} ${rule}, got ${show(reading[field])}`;
  }
  for (const [field, most] of OPTIONAL_NUMBERS) {
    if (reading[field] === undefined) continue;
    const rule = breach(reading[field], most);
    if (rule !== undefined) return `${field} ${rule}, got ${show(reading[field])}`;
  }
  if (reading.slotsPerWorker !== undefined && (reading.slotsPerWorker as number) < 1) {
    return `slotsPerWorker must be at least 1, got ${String(reading.slotsPerWorker)}`;
  }
  if (reading.workers !== undefined && !Array.isArray(reading.workers)) {
    return `workers must be a list, got ${show(reading.workers)}`;
  }
  return refuseRateLimit(reading.rateLimit);
}

function refuseRateLimit(rateLimit: unknown): string | undefined {
  if (rateLimit === undefined) return undefined;
  const { current, limit } = (rateLimit ?? {}) as Record<string, unknown>;
  const rule = breach(current, Number.MAX_VALUE) ?? breach(limit, Number.MAX_VALUE);
  return rule === undefined ? undefined : `rateLimit ${rule}, got ${String(current)} of ${String(limit)}`;
}

function breach(value: unknown, most: number): string | undefined {
  if (typeof value !== 'number' || Number.isNaN(value)) return 'must be a number';
  if (value < 0) return 'must not be negative';
  if (value > most) return `must be at most ${most}`;
  return undefined;
}

/** Strings in quotes: `"3"` is not 3. */
function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** A copy (adapters may reuse theirs) with whole workers: hosts that report means may report 3.98 of them. */
export function inWorkers(reading: PoolObservation): PoolObservation {
  const copy: { -readonly [K in keyof PoolObservation]: PoolObservation[K] } = { ...reading };
  copy.ready = Math.round(reading.ready);
  if (reading.starting !== undefined) copy.starting = Math.round(reading.starting);
  if (reading.draining !== undefined) copy.draining = Math.round(reading.draining);
  return copy;
}

/**
 * Why a reading tells less than all, as a sentence; `undefined` when it tells all: some of the pool is missing in it, or
 * its totals ran back since the one before.
 */
export function partialReason(
  reading: PoolObservation,
  before: PoolObservation | undefined,
): string | undefined {
  const { reporting, ready, busy, slotsPerWorker = 1 } = reading;
  if (reporting !== undefined && reporting < ready)
    return `only ${reporting} of ${ready} ready workers report`;
  // Busy workers that nobody counted: the reading was taken while the pool changed.
  const workers = ready + (reading.starting ?? 0) + (reading.draining ?? 0);
  if (busy > workers * slotsPerWorker + 1) {
    return `busy is ${busy}, with ${workers} workers counted (busy is in workers, at most those that are there)`;
  }
  for (const total of TOTALS) {
    const [now, then] = [reading[total], before?.[total]];
    if (now !== undefined && then !== undefined && now < then) {
      return `${total} ran back from ${then} to ${now} (it is a running total)`;
    }
  }
  return undefined;
}
