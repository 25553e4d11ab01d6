import { InvalidOptionError } from '../errors.ts';
import type { AdaptiveOptions } from '../policies/adaptive.ts';
import type { PolicyName, PolicyOptions } from '../policies/policy-options.ts';
import { templates } from '../policies/templates.ts';
import { share, wholeNumber } from '../testing/check.ts';
import { Random } from '../testing/random.ts';
import type { Workload } from '../testing/workload.ts';
import { type BacktestOptions, resolveSettings, runAll } from './backtest.ts';
import type { Contender } from './contender.ts';
import type { BacktestRun, BacktestSettings } from './run-contender.ts';

/** The load and the pool as for `backtest`; what is searched and for what here. */
export interface TuneOptions
  extends Omit<BacktestOptions, 'policies' | 'curve' | 'decisions' | 'seriesPoints'> {
  /** Where the search begins: `adaptive` or a template. Default `conservative`, whose thresholds pay to tune. */
  readonly base?: PolicyName;
  /** Late share that is acceptable, 0..1. Default 0.001. */
  readonly maxLateRatio?: number;
  /** Settings that are tried. Default 40. */
  readonly trials?: number;
}

/** One setting and how it did. */
export interface TuneTrial {
  /** Options of `createPolicy`, to paste. */
  readonly options: PolicyOptions;
  readonly costRatio: number;
  /** 0..1 */
  readonly lateRatio: number;
  readonly score: number;
  readonly reversalsInWorstHour: number;
}

export interface TuneResult {
  readonly base: PolicyName;
  readonly maxLateRatio: number;
  readonly settings: BacktestSettings;
  /** The base as it is. */
  readonly start: TuneTrial;
  /** The cheapest that is late in at most `maxLateRatio`; where none is, the least late. */
  readonly best: TuneTrial;
  /** `best` keeps to `maxLateRatio`. */
  readonly isWithin: boolean;
  /** Those that no other beats in both cost and lateness, the cheapest first. */
  readonly front: readonly TuneTrial[];
  readonly trials: readonly TuneTrial[];
}

/** One number that may be turned. */
interface Knob {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Equal steps are equal factors. */
  readonly isLog?: boolean;
  /** Values are rounded to a multiple of this. */
  readonly step: number;
}

const THRESHOLD_KNOBS: readonly Knob[] = [
  { name: 'scaleUpThreshold', low: 0.5, high: 0.98, step: 0.01 },
  // As a share of scaleUpThreshold, so that every draw is a valid pair.
  { name: 'scaleDownThreshold', low: 0.3, high: 0.9, step: 0.01 },
  { name: 'scaleUpCooldownMs', low: 0, high: 300_000, step: 15_000 },
  { name: 'scaleDownCooldownMs', low: 30_000, high: 1_800_000, isLog: true, step: 15_000 },
  { name: 'scalingIncrement', low: 1, high: 6, step: 1 },
];

const ADAPTIVE_KNOBS: readonly (Knob & { readonly name: keyof AdaptiveOptions })[] = [
  { name: 'latenessWeight', low: 1, high: 100, isLog: true, step: 0.1 },
];

/** This share of the trials is spread over the whole space; the others are bred from the front. */
const SPREAD_RATIO = 0.5;
const BATCH = 8;
/** Primes, for a Halton sequence: it fills the space more evenly than random draws. */
const PRIMES = [2, 3, 5, 7, 11];

/**
 * Searches a policy's numbers for the best cost at a given lateness on a recorded load: half of the trials spread
 * over the whole space, the others near the best so far.
 *
 * A setting that fits one recording is no promise for the next: judge it with `backtest` on another week.
 *
 * @throws InvalidOptionError
 */
export async function tune(workload: Workload, options: TuneOptions = {}): Promise<TuneResult> {
  const { base = 'conservative', onProgress } = options;
  if (base !== 'adaptive' && !Object.hasOwn(templates, base)) {
    throw new InvalidOptionError(
      'base',
      `must be one of adaptive, ${Object.keys(templates).join(', ')}`,
      base,
    );
  }
  const maxLateRatio = share('maxLateRatio', options.maxLateRatio ?? 0.001);
  const count = wholeNumber('trials', options.trials ?? 40, 1);
  const { load, settings } = resolveSettings(workload, { ...options, seriesPoints: 1 });
  const knobs = base === 'adaptive' ? ADAPTIVE_KNOBS : THRESHOLD_KNOBS;
  const random = new Random(settings.seed);
  const trials: (TuneTrial & { readonly point: readonly number[] })[] = [];

  const tryAll = async (points: readonly (readonly number[])[]): Promise<void> => {
    const contenders = points.map((point) =>
      contenderOf(base, point.length === 0 ? {} : valuesAt(knobs, point)),
    );
    const before = trials.length;
    const runs = await runAll(contenders, load, settings, {
      ...options,
      onProgress: (done) => onProgress?.((before + done * points.length) / (count + 1)),
    });
    for (const [i, run] of runs.entries()) {
      trials.push({ ...trialOf(contenders[i] as Contender, run), point: points[i] as readonly number[] });
    }
  };

  await tryAll([[]]);
  const spread = Math.max(1, Math.round(count * SPREAD_RATIO));
  for (let tried = 0; tried < count; ) {
    const size = Math.min(BATCH, tried < spread ? spread - tried : count - tried);
    const parents = frontOf(trials).filter((trial) => trial.point.length > 0);
    const points = Array.from({ length: size }, (_, i) => {
      if (tried < spread || parents.length === 0)
        return knobs.map((_, k) => halton(tried + i + 1, PRIMES[k] as number));
      const parent = nearest(parents, maxLateRatio, random);
      return parent.point.map((value) => Math.min(1, Math.max(0, value + 0.12 * random.normal())));
    });
    await tryAll(points);
    tried += size;
  }

  const plain = trials.map(({ point: _, ...trial }) => trial);
  const within = plain.filter((trial) => trial.lateRatio <= maxLateRatio);
  const best =
    within.length > 0
      ? within.reduce((a, b) => (b.costRatio < a.costRatio ? b : a))
      : plain.reduce((a, b) => (b.lateRatio < a.lateRatio ? b : a));
  return {
    base,
    maxLateRatio,
    settings,
    start: plain[0] as TuneTrial,
    best,
    isWithin: within.length > 0,
    front: frontOf(plain),
    trials: plain,
  };
}

function contenderOf(base: PolicyName, values: Readonly<Record<string, number>>): Contender {
  const options: PolicyOptions =
    base === 'adaptive' && Object.keys(values).length > 0
      ? { template: base, adaptive: values as AdaptiveOptions }
      : { template: base, ...values };
  return { name: base, title: base, kind: 'flyball', isDefault: false, options };
}

function valuesAt(knobs: readonly Knob[], point: readonly number[]): Record<string, number> {
  const values: Record<string, number> = {};
  for (const [i, { name, low, high, isLog, step }] of knobs.entries()) {
    const at = point[i] as number;
    const value = isLog ? low * (high / low) ** at : low + (high - low) * at;
    values[name] = round(value, step);
  }
  const { scaleUpThreshold, scaleDownThreshold } = values;
  if (scaleUpThreshold !== undefined && scaleDownThreshold !== undefined) {
    values.scaleDownThreshold = round(scaleUpThreshold * scaleDownThreshold, 0.01);
  }
  return values;
}

function trialOf({ options = {} }: Contender, run: BacktestRun): TuneTrial {
  const { costRatio, lateRatio, score, changes } = run;
  return { options, costRatio, lateRatio, score, reversalsInWorstHour: changes.reversalsInWorstHour };
}

/** Pareto front: the cheapest first, each next one dearer and less late. */
export function frontOf<T extends Pick<TuneTrial, 'costRatio' | 'lateRatio'>>(trials: readonly T[]): T[] {
  const front: T[] = [];
  for (const trial of [...trials].sort((a, b) => a.costRatio - b.costRatio || a.lateRatio - b.lateRatio)) {
    if (trial.lateRatio < (front.at(-1)?.lateRatio ?? Number.POSITIVE_INFINITY)) front.push(trial);
  }
  return front;
}

/** One of the front, those near the acceptable lateness most often. */
function nearest<T extends Pick<TuneTrial, 'lateRatio'>>(
  front: readonly T[],
  lateRatio: number,
  random: Random,
): T {
  const distance = (trial: T): number => Math.abs(Math.log10((trial.lateRatio + 1e-5) / (lateRatio + 1e-5)));
  const sorted = [...front].sort((a, b) => distance(a) - distance(b));
  return sorted[Math.floor(sorted.length * random.next() ** 2)] as T;
}

/** Radical inverse: 1, 2, 3, … in base 2 give 0.5, 0.25, 0.75, … */
function halton(index: number, base: number): number {
  let result = 0;
  for (let rest = index, weight = 1 / base; rest > 0; rest = Math.floor(rest / base), weight /= base) {
    result += (rest % base) * weight;
  }
  return result;
}

function round(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toFixed(6));
}
