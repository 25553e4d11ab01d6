import { figure } from '../core/format.ts';
import type { Instant } from '../core/instant.ts';
import type { CostThresholdSignal } from '../core/signal.ts';
import type { Pricing } from './pricing.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Time is kept in minutes for the last hour and in steps of 15 min for the last day. */
const QUARTER_MS = 15 * MINUTE_MS;

/** Workers that were started together, and until when they are paid. */
interface Batch {
  count: number;
  paidUntil: number;
}

/** What was spent. */
export interface Spend {
  readonly lastHour: number;
  readonly lastDay: number;
  /** What the present workers cost in an hour. */
  readonly perHour: number;
  /** Since the meter was made. */
  readonly total: number;
}

/** How much may be spent. */
export interface SpendLimits {
  readonly maxCostPerHour?: number;
  readonly maxCostPerDay?: number;
}

/**
 * What one pool costs, from its size tick by tick. Hour and day are the last 60 min and 24 h, on the monotonic clock: no
 * budget jumps at midnight. Periods begun are paid when they begin. Which workers leave is not seen; those are taken
 * whose paid time ends first, so where workers are removed without regard to it the bill is a little higher.
 */
export class SpendMeter {
  readonly #pricing: Pricing;
  readonly #batches: Batch[] = [];
  readonly #hour: SlidingSum = new SlidingSum(MINUTE_MS, 60);
  readonly #day: SlidingSum = new SlidingSum(QUARTER_MS, 96);
  #workers = 0;
  #seenAt: number | undefined;
  #total = 0;

  constructor(pricing: Pricing) {
    this.#pricing = pricing;
  }

  /** `workers` run now, those that start and drain included. Called every tick. */
  observe(workers: number, { monotonic }: Instant): void {
    const { billingMs = 0, startCost = 0 } = this.#pricing;
    const started = Math.max(0, workers - this.#workers);
    // Those that ran when the meter was made were not started now.
    if (this.#seenAt !== undefined) this.#pay(started * startCost, monotonic);
    if (billingMs > 0) this.#payPeriods(workers, billingMs, monotonic);
    else this.#pay(this.#workers * this.#priceOf(monotonic - (this.#seenAt ?? monotonic)), monotonic);
    this.#workers = workers;
    this.#seenAt = monotonic;
  }

  spend({ monotonic }: Instant): Spend {
    return {
      lastHour: this.#hour.sum(monotonic),
      lastDay: this.#day.sum(monotonic),
      perHour: this.#workers * this.#pricing.perWorkerHour,
      total: this.#total,
    };
  }

  /**
   * Workers whose paid time ends within `withinMs`: those may leave without a loss, the others are paid for anyway. All
   * of them where time is paid as used.
   */
  releasable(withinMs: number, { monotonic }: Instant): number {
    if ((this.#pricing.billingMs ?? 0) === 0) return this.#workers;
    let count = 0;
    for (const batch of this.#batches) if (batch.paidUntil <= monotonic + withinMs) count += batch.count;
    return count;
  }

  #payPeriods(workers: number, billingMs: number, monotonic: number): void {
    let leaving = Math.max(0, this.#workers - workers);
    for (const batch of this.#batches) {
      const gone = Math.min(leaving, batch.count);
      batch.count -= gone;
      leaving -= gone;
    }
    const started = workers - this.#workers;
    if (started > 0) this.#batches.push({ count: started, paidUntil: monotonic });
    for (const batch of this.#batches) {
      if (batch.count === 0 || batch.paidUntil > monotonic) continue;
      const periods = Math.floor((monotonic - batch.paidUntil) / billingMs) + 1;
      batch.paidUntil += periods * billingMs;
      this.#pay(batch.count * this.#priceOf(periods * billingMs), monotonic);
    }
    const rest = this.#batches.filter(({ count }) => count > 0).sort((a, b) => a.paidUntil - b.paidUntil);
    this.#batches.splice(0, this.#batches.length, ...merged(rest));
  }

  #priceOf(ms: number): number {
    return (this.#pricing.perWorkerHour * ms) / HOUR_MS;
  }

  #pay(amount: number, monotonic: number): void {
    if (amount <= 0) return;
    this.#total += amount;
    this.#hour.add(amount, monotonic);
    this.#day.add(amount, monotonic);
  }
}

function merged(batches: readonly Batch[]): Batch[] {
  const result: Batch[] = [];
  for (const batch of batches) {
    const last = result[result.length - 1];
    if (last !== undefined && last.paidUntil === batch.paidUntil) last.count += batch.count;
    else result.push(batch);
  }
  return result;
}

/** A sum over a sliding window, in steps: the oldest step drops out as a whole. */
class SlidingSum {
  readonly #stepMs: number;
  readonly #steps: Float64Array;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(stepMs: number, steps: number) {
    this.#stepMs = stepMs;
    this.#steps = new Float64Array(steps);
  }

  add(amount: number, time: number): void {
    const slot = this.#advance(time);
    this.#steps[slot] = (this.#steps[slot] as number) + amount;
  }

  sum(time: number): number {
    this.#advance(time);
    return this.#steps.reduce((sum, amount) => sum + amount, 0);
  }

  #advance(time: number): number {
    const { length } = this.#steps;
    const step = Math.floor(time / this.#stepMs);
    const passed = Math.min(length, Math.max(0, step - this.#newest));
    for (let back = 0; back < passed; back++) this.#steps[mod(step - back, length)] = 0;
    this.#newest = Math.max(this.#newest, step);
    return mod(this.#newest, length);
  }
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/**
 * The signal to raise when more is spent than may be; `undefined` = all is well. Too much within an hour leads down to
 * what may be spent in an hour; too much within a day to an even 24th of the day's.
 */
export function costSignal(spend: Spend, limits: SpendLimits): CostThresholdSignal | undefined {
  const { maxCostPerHour: hourly, maxCostPerDay: daily } = limits;
  if (daily !== undefined && spend.lastDay > daily && spend.perHour > daily / 24) {
    const reason = `${figure(spend.lastDay)} were spent in 24 h, ${figure(daily)} may be`;
    return { type: 'cost-threshold', costPerHour: spend.perHour, maxCostPerHour: daily / 24, reason };
  }
  if (hourly !== undefined && spend.lastHour > hourly && spend.perHour > hourly) {
    const reason = `${figure(spend.lastHour)} were spent in 60 min, ${figure(hourly)} may be`;
    return { type: 'cost-threshold', costPerHour: spend.perHour, maxCostPerHour: hourly, reason };
  }
  return undefined;
}

/** Adds up what several pools cost. */
export function totalSpend(spends: Iterable<Spend>): Spend {
  const total = { lastHour: 0, lastDay: 0, perHour: 0, total: 0 };
  for (const spend of spends) {
    total.lastHour += spend.lastHour;
    total.lastDay += spend.lastDay;
    total.perHour += spend.perHour;
    total.total += spend.total;
  }
  return total;
}
