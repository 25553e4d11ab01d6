import { InvalidOptionError } from '../errors.ts';
import { deseasonalize } from './expected-load.ts';
import { findRegimeChanges, findTrend, type RegimeChange, type TrendPattern } from './level.ts';
import { binLoad, type LoadPoint, meanOf } from './load-bins.ts';
import { findQuietWindows, type QuietWindow } from './quiet-windows.ts';
import { type DailyPattern, findDaily, findWeekly, type WeeklyPattern } from './season.ts';
import { findSpikes, type PatternEvent, type SpikePattern } from './spikes.ts';

export interface PatternOptions {
  /** How far back from the newest sample to look, days. Default 30. */
  readonly daysBack?: number;
  /** IANA zone in whose hours and days patterns are sought. Default `UTC`. */
  readonly timeZone?: string;
  /** What happened besides: spikes within the hour after an event are laid to it. */
  readonly events?: readonly PatternEvent[];
}

/** What recurs in a load, and what changed. Plain JSON; every part with its reliability, 0..1. */
export interface PatternReport {
  /** First and last sample looked at, epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
  readonly days: number;
  /** Share of the time for which there are samples, 0..1. */
  readonly coverage: number;
  readonly mean: number;
  readonly peak: number;
  /** Absent with less than two days. */
  readonly daily?: DailyPattern;
  /** Absent with less than two weeks. */
  readonly weekly?: WeeklyPattern;
  readonly spikes: SpikePattern;
  readonly quietWindows: readonly QuietWindow[];
  /** Absent with less than a week. */
  readonly trend?: TrendPattern;
  readonly regimeChanges: readonly RegimeChange[];
}

const DAY_MS = 86_400_000;

/**
 * Looks for what recurs in a load: hours of the day, days of the week, spikes and what goes before them, quiet
 * hours, a trend, lasting changes. Noise has none of them, and is told so: `isPresent` is `false` or the list is
 * empty.
 *
 * ```ts
 * import { analyzePatterns } from 'flyball';
 *
 * const history = Array.from({ length: 14 * 24 }, (_, hour) => ({
 *   at: hour * 3_600_000,
 *   demand: hour % 24 === 9 ? 40 : 10,
 * }));
 * console.log(analyzePatterns(history).daily?.peakHours); // 9
 * ```
 *
 * @param history In any order; samples that are no number of at least 0 are left out.
 * @throws InvalidOptionError where nothing is left to look at
 */
export function analyzePatterns(history: readonly LoadPoint[], options: PatternOptions = {}): PatternReport {
  const { daysBack = 30, timeZone = 'UTC', events = [] } = options;
  if (!(daysBack > 0)) throw new InvalidOptionError('daysBack', 'must be above 0', daysBack);
  const known = history.filter(
    ({ at, demand }) => Number.isFinite(at) && Number.isFinite(demand) && demand >= 0,
  );
  const newest = known.reduce((latest, { at }) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
  const points = known.filter(({ at }) => at > newest - daysBack * DAY_MS).sort((a, b) => a.at - b.at);
  if (points.length < 2)
    throw new InvalidOptionError('history', 'must have at least two samples', points.length);

  const bins = binLoad(points, timeZone);
  const daily = findDaily(bins);
  const weekly = findWeekly(bins);
  const trend = findTrend(bins, weekly);
  return {
    from: (points[0] as LoadPoint).at,
    to: newest,
    timeZone,
    days: bins.days,
    coverage: bins.load.filter((load) => !Number.isNaN(load)).length / bins.load.length,
    mean: meanOf(bins.load),
    peak: bins.load.reduce((most, load) => (load > most ? load : most), 0),
    ...(daily !== undefined && { daily }),
    ...(weekly !== undefined && { weekly }),
    spikes: findSpikes(bins, deseasonalize(bins, daily, weekly), events),
    quietWindows: findQuietWindows(bins, daily, weekly),
    ...(trend !== undefined && { trend }),
    regimeChanges: findRegimeChanges(bins, weekly),
  };
}
