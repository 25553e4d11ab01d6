import { hoursByDay, type LoadBins, meanOf } from './load-bins.ts';
import type { DailyPattern, WeeklyPattern } from './season.ts';

/** Hours fit for maintenance: little load, day after day. */
export interface QuietWindow {
  /** Local hour at which it begins, 0..23. */
  readonly fromHour: number;
  /** Local hour at which it ends, 1..24; at or below `fromHour` when it goes past midnight. */
  readonly toHour: number;
  /** The days it holds on: all, Monday to Friday, or Saturday and Sunday. */
  readonly days: 'every day' | 'weekdays' | 'weekends';
  /** Mean load within it. */
  readonly load: number;
  /** That over the mean of all hours. */
  readonly loadRatio: number;
  /** The highest hour that was ever seen within it. */
  readonly highest: number;
  /** Share of its days on which no hour within it came above the overall mean. 0..1 */
  readonly reliability: number;
}

/** An hour is quiet below this share of the mean … */
const QUIET_RATIO = 0.6;
/** … and worth a window when this many follow each other. */
const LEAST_HOURS = 2;

/** By reliability, then by length. Empty where no hour is much quieter than others. */
export function findQuietWindows(
  bins: LoadBins,
  daily: DailyPattern | undefined,
  weekly: WeeklyPattern | undefined,
): QuietWindow[] {
  if (!daily?.isPresent) return [];
  const rows = hoursByDay(bins).map((row, day) => ({
    row,
    weekday: ((bins.weekday[0] as number) + day) % 7,
  }));
  const mean = meanOf(daily.hourlyAverages);
  const profilesOf = (days: QuietWindow['days']): Float64Array[] =>
    rows
      .filter(({ weekday }) => days === 'every day' || (days === 'weekends') === weekday >= 5)
      .map(({ row }) => row);
  const groups: QuietWindow['days'][] = weekly?.isPresent ? ['weekdays', 'weekends'] : ['every day'];
  const runs = groups.flatMap((days) => quietRuns(profilesOf(days), mean).map((hours) => ({ days, hours })));
  return mergeDays(runs)
    .map(({ days, hours }) => describe(days, hours, profilesOf(days), mean))
    .filter((window) => window.reliability >= 0.5)
    .sort((a, b) => b.reliability - a.reliability || a.loadRatio - b.loadRatio);
}

interface Run {
  readonly days: QuietWindow['days'];
  readonly hours: readonly number[];
}

/** The same hours on weekdays and weekends are quiet every day. */
function mergeDays(runs: readonly Run[]): Run[] {
  const merged = new Map<string, Run>();
  for (const run of runs) {
    const key = run.hours.join();
    merged.set(key, merged.has(key) ? { days: 'every day', hours: run.hours } : run);
  }
  return [...merged.values()];
}

/** Runs of quiet hours, around midnight too. */
function quietRuns(rows: readonly Float64Array[], mean: number): number[][] {
  const isQuiet = Array.from(
    { length: 24 },
    (_, hour) => meanOf(rows.map((row) => row[hour] as number)) < QUIET_RATIO * mean,
  );
  if (isQuiet.every(Boolean)) return [[...Array(24).keys()]];
  const runs: number[][] = [];
  const start = isQuiet.indexOf(false);
  for (let step = 1; step <= 24; step++) {
    const hour = (start + step) % 24;
    if (!isQuiet[hour]) continue;
    const last = runs.at(-1);
    if (last !== undefined && ((last.at(-1) as number) + 1) % 24 === hour) last.push(hour);
    else runs.push([hour]);
  }
  return runs.filter((run) => run.length >= LEAST_HOURS);
}

function describe(
  days: QuietWindow['days'],
  hours: readonly number[],
  rows: readonly Float64Array[],
  mean: number,
): QuietWindow {
  const within = rows.map((row) => hours.map((hour) => row[hour] as number));
  const seen = within
    .map((loads) => loads.filter((load) => !Number.isNaN(load)))
    .filter((loads) => loads.length > 0);
  const load = meanOf(seen.flat());
  const calm = seen.filter((loads) => Math.max(...loads) <= mean).length / Math.max(1, seen.length);
  return {
    fromHour: hours[0] as number,
    toHour: (hours.at(-1) as number) + 1,
    days,
    load,
    loadRatio: load / mean,
    highest: Math.max(...seen.flat()),
    reliability: calm * Math.min(1, Math.sqrt((seen.length - 1) / 4)),
  };
}
