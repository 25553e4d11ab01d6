import { linearRegression, sampleCorrelation } from 'simple-statistics';
import { hoursByDay, type LoadBins, meanOf, weekdaysOf } from './load-bins.ts';
import { draws, rotated, shuffled } from './rearrange.ts';

/** How the load goes through the day. */
export interface DailyPattern {
  /** Whether there is one: `reliability` is at least 0.5. */
  readonly isPresent: boolean;
  /** Mean load of each local hour, 0..23. */
  readonly hourlyAverages: readonly number[];
  /** Hours in the upper third of the profile's range; empty without a pattern. */
  readonly peakHours: readonly number[];
  /** Hours in the lower third. */
  readonly lowHours: readonly number[];
  /**
   * Share of the variation within days that the profile of the *other* days explains, 0..1: cross-validated, so that
   * noise gives 0.
   */
  readonly strength: number;
  /** Share of the days that went like the others (correlation of at least 0.5), less where days are few. 0..1 */
  readonly reliability: number;
}

/** How days of the week differ. */
export interface WeeklyPattern {
  readonly isPresent: boolean;
  /** Mean load of each weekday, Monday first, less the trend. */
  readonly weekdayAverages: readonly number[];
  readonly busiestDay: number;
  readonly quietestDay: number;
  /** Mean of Saturday and Sunday over that of Monday to Friday. */
  readonly weekendRatio: number;
  /** Share of the variation between days of a week that the other weeks explain, 0..1. */
  readonly strength: number;
  /** How unlikely it is that chance gave this strength (permutation test), less where weeks are few. 0..1 */
  readonly reliability: number;
}

/** Fewer hours of a day than this say nothing of its shape. */
const LEAST_HOURS = 18;
const DAY_ALIKE = 0.5;
const SHUFFLES = 199;

/** `undefined` with less than two days. */
export function findDaily(bins: LoadBins): DailyPattern | undefined {
  const rows = hoursByDay(bins).filter(
    (row) => row.filter((load) => !Number.isNaN(load)).length >= LEAST_HOURS,
  );
  if (rows.length < 2) return undefined;
  const hourlyAverages = Array.from({ length: 24 }, (_, hour) =>
    meanOf(rows.map((row) => row[hour] as number)),
  );
  const shapes = rows.map((row) => {
    const mean = meanOf(row);
    return Array.from(row, (load) => load - mean);
  });
  const { strength, alike } = crossValidate(shapes);
  const reliability = alike * Math.min(1, Math.sqrt((rows.length - 1) / 4));
  const isPresent = reliability >= 0.5 && strength >= 0.1;
  const low = Math.min(...hourlyAverages);
  const high = Math.max(...hourlyAverages);
  const hoursWhere = (holds: (share: number) => boolean): number[] =>
    isPresent
      ? [...hourlyAverages.keys()].filter((hour) =>
          holds(((hourlyAverages[hour] as number) - low) / (high - low)),
        )
      : [];
  return {
    isPresent,
    hourlyAverages,
    peakHours: hoursWhere((share) => share >= 2 / 3),
    lowHours: hoursWhere((share) => share <= 1 / 3),
    strength,
    reliability,
  };
}

/** Each row against the mean of all others. */
function crossValidate(rows: readonly (readonly number[])[]): { strength: number; alike: number } {
  let total = 0;
  let unexplained = 0;
  let alike = 0;
  for (const [i, row] of rows.entries()) {
    const others = rows.filter((_, k) => k !== i);
    const pairs: [number, number][] = [];
    for (const [column, value] of row.entries()) {
      const expected = meanOf(others.map((other) => other[column] as number));
      if (Number.isNaN(value) || Number.isNaN(expected)) continue;
      total += value ** 2;
      unexplained += (value - expected) ** 2;
      pairs.push([value, expected]);
    }
    if (correlation(pairs) >= DAY_ALIKE) alike++;
  }
  return { strength: total > 0 ? Math.max(0, 1 - unexplained / total) : 0, alike: alike / rows.length };
}

function correlation(pairs: readonly (readonly [number, number])[]): number {
  if (pairs.length < 3) return 0;
  const value = sampleCorrelation(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
  return Number.isNaN(value) ? 0 : value;
}

/** `undefined` with less than two weeks. */
export function findWeekly(bins: LoadBins): WeeklyPattern | undefined {
  const means = withoutTrend(
    hoursByDay(bins).map((row) =>
      row.filter((load) => !Number.isNaN(load)).length >= LEAST_HOURS ? meanOf(row) : Number.NaN,
    ),
  );
  if (means.filter((mean) => !Number.isNaN(mean)).length < 14) return undefined;
  const weekdays = weekdaysOf(bins);
  const weekdayAverages = Array.from({ length: 7 }, (_, weekday) =>
    meanOf(means.filter((_, day) => weekdays[day] === weekday)),
  );
  const weeks = weeksOf(means);
  const strength = weeklyStrength(weeks);
  const draw = draws(7);
  const unlikely = Math.min(
    1 - chanceOf(weeks, strength, (week) => shuffled(week, draw)),
    // Days that resemble their neighbours make weeks alike by chance; turned weeks keep that resemblance.
    1 - chanceOf(weeks, strength, (week) => rotated(week, draw)),
  );
  const reliability = strength > 0 ? unlikely * Math.min(1, weeks.length / 3) : 0;
  const order = [...weekdayAverages.keys()].sort(
    (a, b) => (weekdayAverages[a] as number) - (weekdayAverages[b] as number),
  );
  return {
    isPresent: (strength >= 0.2 && unlikely >= 0.97) || strength >= 0.8,
    weekdayAverages,
    busiestDay: order[6] as number,
    quietestDay: order[0] as number,
    weekendRatio: ratioOf(meanOf(weekdayAverages.slice(5)), meanOf(weekdayAverages.slice(0, 5))),
    strength,
    reliability,
  };
}

/** Share of as many rearranged weeks in which the pattern would be as strong. */
function chanceOf(
  weeks: readonly (readonly number[])[],
  strength: number,
  rearrange: (week: readonly number[]) => number[],
): number {
  let asStrong = 0;
  for (let i = 0; i < SHUFFLES; i++) if (weeklyStrength(weeks.map(rearrange)) >= strength - 1e-12) asStrong++;
  return (asStrong + 1) / (SHUFFLES + 1);
}

/** A load that grows all the time has more on every Sunday than on the Monday before: that is no week. */
function withoutTrend(means: readonly number[]): number[] {
  const known = means.map((mean, day) => [day, mean]).filter(([, mean]) => !Number.isNaN(mean));
  if (known.length < 2) return [...means];
  const { m: perDay } = linearRegression(known);
  return means.map((mean, day) => mean - perDay * (day - (means.length - 1) / 2));
}

/** Rows of seven days, each less its own mean. */
function weeksOf(means: readonly number[]): number[][] {
  const weeks: number[][] = [];
  for (let day = 0; day + 7 <= means.length; day += 7) {
    const week = means.slice(day, day + 7);
    const mean = meanOf(week);
    weeks.push(week.map((value) => value - mean));
  }
  return weeks;
}

function weeklyStrength(weeks: readonly (readonly number[])[]): number {
  return weeks.length < 2 ? 0 : crossValidate(weeks).strength;
}

/** 1 where there is nothing to compare with. */
function ratioOf(value: number, base: number): number {
  return base > 0 ? value / base : 1;
}
