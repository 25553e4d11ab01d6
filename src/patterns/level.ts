import { cumulativeStdNormalProbability, linearRegression, median } from 'simple-statistics';
import { hoursByDay, type LoadBins, meanOf, weekdaysOf } from './load-bins.ts';
import type { WeeklyPattern } from './season.ts';

/** Where the load goes, over weeks. */
export interface TrendPattern {
  readonly isPresent: boolean;
  /** Change of the mean load from one week to the next, in the load's unit. */
  readonly perWeek: number;
  /** The same over the mean. 0.05 = 5% more every week. */
  readonly ratioPerWeek: number;
  /** 1 - p of a Mann-Kendall test that allows for days that resemble each other. 0..1 */
  readonly reliability: number;
}

/** A day from which on the load was lastingly another. */
export interface RegimeChange {
  /** Epoch ms, the beginning of the day. */
  readonly at: number;
  /** Mean load before and after, up to the neighbouring changes. */
  readonly before: number;
  readonly after: number;
  readonly ratio: number;
  readonly reliability: number;
}

const LEAST_DAYS = 7;
/** A trend of less than 2% a week is none that anybody would plan for. */
const LEAST_TREND_RATIO = 0.02;
/** A regime lasts at least three days: a weekend is none. */
const LEAST_REGIME_DAYS = 3;
/** A step must move the mean by at least this share … */
const LEAST_STEP_RATIO = 0.15;
/** … and stand this many standard errors out. */
const LEAST_STEP_SIGMAS = 5;
const DAY_MS = 86_400_000;

/** Mean of each whole day, less what its weekday usually adds. */
function dailyLevels(bins: LoadBins, weekly: WeeklyPattern | undefined): { day: number; load: number }[] {
  const weekdays = weekdaysOf(bins);
  const overall = weekly === undefined ? 0 : meanOf(weekly.weekdayAverages);
  return hoursByDay(bins)
    .map((row, day) => {
      const usual = weekly?.isPresent
        ? (weekly.weekdayAverages[weekdays[day] as number] as number) - overall
        : 0;
      const isWhole = row.filter((load) => !Number.isNaN(load)).length >= 18;
      return { day, load: isWhole ? meanOf(row) - usual : Number.NaN };
    })
    .filter(({ load }) => !Number.isNaN(load));
}

/** `undefined` with less than a week. */
export function findTrend(bins: LoadBins, weekly: WeeklyPattern | undefined): TrendPattern | undefined {
  const levels = dailyLevels(bins, weekly);
  if (levels.length < LEAST_DAYS) return undefined;
  const { m: perDay } = linearRegression(levels.map(({ day, load }) => [day, load]));
  const mean = meanOf(levels.map(({ load }) => load));
  const ratioPerWeek = mean > 0 ? (perDay * 7) / mean : 0;
  const reliability = mannKendall(levels, perDay);
  return {
    isPresent: reliability >= 0.99 && Math.abs(ratioPerWeek) >= LEAST_TREND_RATIO,
    perWeek: perDay * 7,
    ratioPerWeek,
    reliability,
  };
}

/**
 * Mann-Kendall: does it mostly go one way? The variance is widened by the lag-1 autocorrelation of what the line
 * leaves (Hamed and Rao, "A modified Mann-Kendall trend test for autocorrelated data", 1998, cut to one lag).
 */
function mannKendall(levels: readonly { day: number; load: number }[], perDay: number): number {
  const n = levels.length;
  let s = 0;
  for (let i = 0; i < n; i++) {
    for (let k = i + 1; k < n; k++) s += Math.sign((levels[k]?.load as number) - (levels[i]?.load as number));
  }
  const residuals = levels.map(({ day, load }) => load - perDay * day);
  const centre = meanOf(residuals);
  const variance = meanOf(residuals.map((value) => (value - centre) ** 2));
  const lagged = meanOf(
    residuals.slice(1).map((value, i) => (value - centre) * ((residuals[i] as number) - centre)),
  );
  const rho = variance > 0 ? Math.min(0.9, Math.max(0, lagged / variance)) : 0;
  const spread = Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * ((1 + rho) / (1 - rho)));
  const z = s === 0 ? 0 : (s - Math.sign(s)) / spread;
  return Math.max(0, 2 * cumulativeStdNormalProbability(Math.abs(z)) - 1);
}

/** By time. Binary segmentation of the daily levels; what a straight line explains better is a trend, not a step. */
export function findRegimeChanges(bins: LoadBins, weekly: WeeklyPattern | undefined): RegimeChange[] {
  const levels = dailyLevels(bins, weekly);
  if (levels.length < LEAST_DAYS) return [];
  const loads = levels.map(({ load }) => load);
  const jumps = loads.slice(1).map((load, i) => Math.abs(load - (loads[i] as number)));
  // Noise of a day, from neighbouring days: steps are rare, so the median does not see them.
  const sigma = Math.max(1e-9, (1.4826 * median(jumps)) / Math.SQRT2);
  const cuts: { at: number; sigmas: number }[] = [];
  segment(loads, 0, loads.length, sigma, cuts);
  cuts.sort((a, b) => a.at - b.at);
  const firstDayAt = (bins.at[0] as number) - ((bins.hour[0] as number) * DAY_MS) / 24;
  return cuts.map(({ at, sigmas }, i) => {
    const before = meanOf(loads.slice(cuts[i - 1]?.at ?? 0, at));
    const after = meanOf(loads.slice(at, cuts[i + 1]?.at ?? loads.length));
    return {
      at: firstDayAt + (levels[at]?.day as number) * DAY_MS,
      before,
      after,
      ratio: after / Math.max(1e-9, before),
      reliability: 1 - 1 / (1 + (sigmas / LEAST_STEP_SIGMAS) ** 2),
    };
  });
}

function segment(
  loads: readonly number[],
  from: number,
  to: number,
  sigma: number,
  cuts: { at: number; sigmas: number }[],
): void {
  let best = { at: -1, sigmas: 0 };
  for (let at = from + LEAST_REGIME_DAYS; at <= to - LEAST_REGIME_DAYS; at++) {
    const before = meanOf(loads.slice(from, at));
    const after = meanOf(loads.slice(at, to));
    const error = sigma * Math.sqrt(1 / (at - from) + 1 / (to - at));
    const sigmas = Math.abs(after - before) / error;
    const isLarge = Math.abs(after - before) >= LEAST_STEP_RATIO * Math.max(before, after);
    if (isLarge && sigmas > best.sigmas) best = { at, sigmas };
  }
  if (best.at < 0 || best.sigmas < LEAST_STEP_SIGMAS || isRamp(loads.slice(from, to), best.at - from)) return;
  cuts.push(best);
  segment(loads, from, best.at, sigma, cuts);
  segment(loads, best.at, to, sigma, cuts);
}

function isRamp(loads: readonly number[], at: number): boolean {
  const { m, b } = linearRegression(loads.map((load, i) => [i, load]));
  const line = loads.reduce((sum, load, i) => sum + (load - m * i - b) ** 2, 0);
  const [before, after] = [meanOf(loads.slice(0, at)), meanOf(loads.slice(at))];
  const step = loads.reduce((sum, load, i) => sum + (load - (i < at ? before : after)) ** 2, 0);
  return line <= step;
}
