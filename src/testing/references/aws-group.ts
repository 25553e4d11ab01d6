import type { PoolView } from '../../core/view.ts';
import { UsageMeter } from './usage.ts';

const PERIOD_MS = 60_000;
const WARMUP_MS = 300_000;
/** Alarms: 3 of 3 one-minute datapoints above, 15 of 15 below. */
const HIGH_DATAPOINTS = 3;
const LOW_DATAPOINTS = 15;

/** What EC2 Auto Scaling knows about its group once a minute. */
export interface GroupMinute {
  /** Mean utilisation of the newest minute, 0..1. */
  readonly utilization: number;
  /** Instances past their warm-up: what percentages are taken of. */
  readonly current: number;
  /** A scale-out is under way: no scale-in may begin. */
  readonly scalingOut: boolean;
}

/**
 * An Auto Scaling group and its CloudWatch metric: one-minute averages, and instances that count only 300 s
 * after they came into service.
 */
export class AwsGroup {
  readonly #meter = new UsageMeter();
  readonly #datapoints: number[] = [];
  #warming: { readonly until: number; count: number }[] = [];
  #ready: number | undefined;
  #at: number | undefined;
  #periodStart = 0;
  #sum = 0;

  /** `undefined` between two datapoints. */
  observe(view: PoolView): GroupMinute | undefined {
    const { now, ready } = view;
    const usage = this.#meter.observe(view);
    if (this.#ready !== undefined && ready > this.#ready) {
      this.#warming.push({ until: now + WARMUP_MS, count: ready - this.#ready });
    }
    this.#ready = ready;
    this.#warming = this.#warming.filter((batch) => batch.until > now);
    if (this.#at === undefined) {
      this.#at = now;
      this.#periodStart = now;
      return undefined;
    }
    this.#sum += usage.utilization * (now - this.#at);
    this.#at = now;
    const elapsed = now - this.#periodStart;
    const periods = Math.floor(elapsed / PERIOD_MS);
    if (periods === 0) return undefined;
    const utilization = this.#sum / elapsed;
    for (let i = 0; i < Math.min(periods, LOW_DATAPOINTS); i++) this.#datapoints.push(utilization);
    this.#datapoints.splice(0, this.#datapoints.length - LOW_DATAPOINTS);
    this.#periodStart += periods * PERIOD_MS;
    this.#sum = utilization * (now - this.#periodStart);
    const warming = Math.min(
      ready,
      this.#warming.reduce((sum, batch) => sum + batch.count, 0),
    );
    return { utilization, current: ready - warming, scalingOut: warming > 0 || view.starting > 0 };
  }

  isHigh(threshold: number): boolean {
    const newest = this.#datapoints.slice(-HIGH_DATAPOINTS);
    return newest.length === HIGH_DATAPOINTS && newest.every((value) => value > threshold);
  }

  isLow(threshold: number): boolean {
    return this.#datapoints.length === LOW_DATAPOINTS && this.#datapoints.every((value) => value < threshold);
  }
}
