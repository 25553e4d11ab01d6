import { InvalidOptionError } from '../errors.ts';

const HOUR_MS = 3_600_000;

/** What workers cost. Money in any one currency, the same for all pools. */
export interface Pricing {
  /** Price of one worker for an hour. 0 or more. */
  readonly perWorkerHour: number;
  /** A period begun is paid in full: 60,000 = by the minute, 3,600,000 = by the hour. Default 0 = as used. */
  readonly billingMs?: number;
  /** What a start costs besides: image pulls, cache warming, the work of the start. Default 0. */
  readonly startCost?: number;
  /** What an hour of one worker's work costs when it is done late. Default 0 = not known. */
  readonly latenessCost?: number;
}

/** @throws InvalidOptionError, with `field` as the path of the price in the caller's options */
export function checkPricing(pricing: Pricing, field = 'price'): void {
  for (const name of ['perWorkerHour', 'billingMs', 'startCost', 'latenessCost'] as const) {
    const value = pricing[name];
    if (value === undefined && name !== 'perWorkerHour') continue;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new InvalidOptionError(`${field}.${name}`, 'must be a number, 0 or more', value);
    }
  }
}

/** What one worker costs that runs this long: 61 min at 0.60 an hour, billed by the hour, are 1.20. */
export function costOfWorker(pricing: Pricing, lifetimeMs: number): number {
  const { perWorkerHour, billingMs = 0, startCost = 0 } = pricing;
  const paidMs = billingMs > 0 ? Math.max(1, Math.ceil(lifetimeMs / billingMs)) * billingMs : lifetimeMs;
  return startCost + (perWorkerHour * paidMs) / HOUR_MS;
}

/**
 * How long an idle worker is worth keeping if it will be needed again: as long as it costs less than the next start. A
 * start at 0.02 and a worker at 0.12 an hour: 10 min.
 */
export function breakEvenMs({ perWorkerHour, startCost = 0 }: Pricing): number {
  return perWorkerHour > 0 ? (startCost / perWorkerHour) * HOUR_MS : Number.POSITIVE_INFINITY;
}

/**
 * The share of times in which the workers should suffice, from what late work costs against an idle worker (the newsvendor's
 * critical ratio): 1.10 against 0.10 an hour → 0.92. `undefined` where lateness has no price.
 */
export function serviceLevel({ perWorkerHour, latenessCost = 0 }: Pricing): number | undefined {
  return latenessCost > 0 ? latenessCost / (latenessCost + perWorkerHour) : undefined;
}
