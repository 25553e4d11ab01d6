import { figure } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { SyncTimer } from './sync-timer.ts';
import { UsageMeter } from './usage.ts';

export interface HistOptions {
  /** Workers per predicted busy worker. Default 1.05. */
  readonly factor?: number;
}

const HOUR_MS = 3_600_000;
const SAMPLE_MS = 60_000;
/** The tail of an hour's distribution that is provisioned for. */
const PERCENTILE = 0.95;
/** Days that are kept: 30 × 60 samples of each hour. */
const MOST_SAMPLES = 30 * 60;
/** Hours whose underestimates correct the prediction. */
const CORRECTION_HOURS = 3;
/** Of the last ticks more than half short of capacity: react. */
const REACT_WINDOW = 4;

/**
 * Hist: predictive and reactive. For every hour of the day, a histogram of what that hour brought on past days; its
 * high percentile is provisioned for the hour that begins when workers ordered now are ready. The mean underestimate
 * of the last hours is added. When load is above capacity in most of the last readings it reacts at once, and so
 * it does all day as long as an hour has no past.
 */
export function hist(options: HistOptions = {}): PolicyEngine {
  const factor = options.factor ?? 1.05;
  const meter = new UsageMeter();
  const timer = new SyncTimer(SAMPLE_MS);
  const histograms: number[][] = Array.from({ length: 24 }, () => []);
  const underestimates: number[] = [];
  const short: boolean[] = [];
  let hour = Number.NaN;
  let predictedHour = Number.NaN;
  let predicted: number | undefined;
  let samples: number[] = [];
  let expected: number | undefined;
  let floor = 0;
  return {
    propose(view) {
      const { now, size } = view;
      const { load } = meter.observe(view);
      const hourNow = Math.floor(now / HOUR_MS);
      if (hourNow !== hour) {
        if (samples.length > 0) {
          const seen = percentile([...samples].sort(ascending), PERCENTILE);
          if (expected !== undefined)
            remember(underestimates, Math.max(0, seen - expected), CORRECTION_HOURS);
          const histogram = histograms[hour % 24] as number[];
          histogram.push(...samples);
          histogram.splice(0, histogram.length - MOST_SAMPLES);
        }
        samples = [];
        hour = hourNow;
        expected = predict(histograms[hourNow % 24] as number[]);
      }
      for (let due = timer.due(now); due > 0; due--) samples.push(load);
      const hourThen = Math.floor((now + view.startup.p90Ms) / HOUR_MS);
      if (hourThen !== predictedHour) {
        predictedHour = hourThen;
        const ahead = predict(histograms[hourThen % 24] as number[]);
        const correction = underestimates.reduce((sum, error) => sum + error, 0) / CORRECTION_HOURS;
        predicted = ahead === undefined ? undefined : ahead + correction;
        floor = 0;
      }
      remember(short, load > size, REACT_WINDOW);
      if (predicted === undefined) {
        const needed = Math.ceil(load * factor - 1e-9);
        const change = load > size || (view.starting === 0 && size - needed >= 2);
        return target(change ? needed : size, `no past of this hour, load ${figure(load)} × ${factor}`);
      }
      const isShort = short.filter(Boolean).length > REACT_WINDOW / 2;
      // What was added by reaction stays until the next hour is planned.
      if (isShort) floor = Math.max(floor, load * factor);
      return target(
        Math.max(predicted * factor, floor),
        `this hour's ${PERCENTILE * 100}th percentile ${figure(predicted)}`,
      );
    },
  };
}

function predict(histogram: readonly number[]): number | undefined {
  return histogram.length === 0 ? undefined : percentile([...histogram].sort(ascending), PERCENTILE);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

function ascending(a: number, b: number): number {
  return a - b;
}

function remember<T>(list: T[], value: T, most: number): void {
  list.push(value);
  if (list.length > most) list.shift();
}

export const histReference: ReferenceAutoscaler = {
  name: 'hist',
  title: 'Hist',
  source:
    'Urgaonkar, Shenoy, Chandra, Goyal, Wood: Agile Dynamic Provisioning of Multi-Tier Internet Applications, TAAS 2008',
  headroom: { kind: 'factor', default: 1.05, curve: [0.9, 1.05, 1.2, 1.4, 1.6] },
  create: (headroom) => hist({ factor: headroom }),
};
