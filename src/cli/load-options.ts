import type { BacktestOptions } from '../backtest/backtest.ts';
import { parseChoice, parseCount, parseDuration } from './values.ts';

/** Options that say how a load is played; `backtest` and `tune` share them. */
export const loadOptions = {
  boot: { type: 'string' },
  'peak-workers': { type: 'string' },
  slo: { type: 'string' },
  service: { type: 'string' },
  interval: { type: 'string' },
  'min-workers': { type: 'string' },
  'max-workers': { type: 'string' },
  'score-after': { type: 'string' },
  duration: { type: 'string' },
  unit: { type: 'string' },
  seed: { type: 'string' },
  threads: { type: 'string' },
} as const;

export type LoadValues = { readonly [K in keyof typeof loadOptions]?: string };

export const loadHelp: string = `  --boot 120s            from ordering a worker until it serves (default 120s)
  --peak-workers 40      scale the load so that its 99.9th percentile needs so many workers (default 40);
                         as-is = the numbers are busy workers, or jobs per second with --unit
  --slo 2s               a job that waits longer is late (default 2s)
  --service 500ms        how long a job runs (default 500ms)
  --interval 15s         time between two evaluations (default 15s)
  --min-workers 1        (default 1)
  --max-workers N        (default: half as many again as the load ever needs, at least twice the peak)
  --score-after 7d       count cost and lateness from then on only (default 0s)
  --duration 14d         play no more than this (default: all of it)
  --unit workers         what the numbers are: workers, or jobs-per-second (default workers)
  --seed 1               of the random arrivals (default 1)
  --threads N            (default: one per core)`;

/** @throws UsageError */
export function parseLoadOptions(values: LoadValues): {
  readonly unit: 'workers' | 'jobs-per-second';
  readonly options: BacktestOptions;
} {
  const options: { -readonly [K in keyof BacktestOptions]: BacktestOptions[K] } = {};
  const { boot, slo, service, interval, duration, seed, threads, unit = 'workers' } = values;
  const [peak, min, max] = [values['peak-workers'], values['min-workers'], values['max-workers']];
  const scoreAfter = values['score-after'];
  if (boot !== undefined) options.bootMs = parseDuration('--boot', boot);
  if (peak !== undefined) options.peakWorkers = peak === 'as-is' ? false : parseCount('--peak-workers', peak);
  if (slo !== undefined) options.sloMs = parseDuration('--slo', slo);
  if (service !== undefined) options.serviceMs = parseDuration('--service', service);
  if (interval !== undefined) options.intervalMs = parseDuration('--interval', interval);
  if (min !== undefined) options.minWorkers = parseCount('--min-workers', min);
  if (max !== undefined) options.maxWorkers = parseCount('--max-workers', max);
  if (scoreAfter !== undefined) options.scoreAfterMs = parseDuration('--score-after', scoreAfter);
  if (duration !== undefined) options.durationMs = parseDuration('--duration', duration);
  if (seed !== undefined) options.seed = parseCount('--seed', seed);
  if (threads !== undefined) options.threads = parseCount('--threads', threads);
  return { unit: parseChoice('--unit', unit, ['workers', 'jobs-per-second']), options };
}
