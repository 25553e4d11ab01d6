import { median } from 'simple-statistics';
import { wallClock } from './wall-clock.ts';

/** One measured load; a `LoadSample` is one too. */
export interface LoadPoint {
  /** Epoch ms. */
  readonly at: number;
  /** Load, in any unit; never negative. */
  readonly demand: number;
}

/** Load on a regular grid, with what the clock on the wall said. */
export interface LoadBins {
  readonly stepMs: number;
  /** Beginning of each bin, epoch ms. */
  readonly at: Float64Array;
  /** Mean load of each bin; NaN where nothing was measured. */
  readonly load: Float64Array;
  /** Local hour of each bin, 0..23. */
  readonly hour: Uint8Array;
  /** Local weekday, 0 = Monday. */
  readonly weekday: Uint8Array;
  /** Local day, counted from the first. */
  readonly day: Int32Array;
  readonly days: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Finer than this, single arrivals look like patterns. */
const LEAST_STEP_MS = 5 * MINUTE_MS;

/**
 * Bins of five minutes, or as long as most gaps between samples where those are longer (at most an hour).
 *
 * @param points Oldest first.
 */
export function binLoad(
  points: readonly LoadPoint[],
  timeZone: string,
  stepMs: number = fitStep(points),
): LoadBins {
  const wallAt = wallClock(timeZone);
  const first = points[0] as LoadPoint;
  const last = points.at(-1) as LoadPoint;
  const from = Math.floor(first.at / stepMs) * stepMs;
  const length = Math.floor((last.at - from) / stepMs) + 1;
  const sums = new Float64Array(length);
  const counts = new Int32Array(length);
  for (const { at, demand } of points) {
    const i = Math.floor((at - from) / stepMs);
    sums[i] = (sums[i] as number) + demand;
    counts[i] = (counts[i] as number) + 1;
  }
  const bins = {
    stepMs,
    at: Float64Array.from(sums, (_, i) => from + i * stepMs),
    load: Float64Array.from(sums, (sum, i) => sum / (counts[i] as number)),
    hour: new Uint8Array(length),
    weekday: new Uint8Array(length),
    day: new Int32Array(length),
  };
  let firstDay = 0;
  for (let i = 0; i < length; i++) {
    const wall = wallAt(bins.at[i] as number);
    const day = Math.floor(wall / DAY_MS);
    if (i === 0) firstDay = day;
    bins.hour[i] = Math.floor((wall - day * DAY_MS) / HOUR_MS);
    // 1 January 1970 was a Thursday.
    bins.weekday[i] = (((day + 3) % 7) + 7) % 7;
    bins.day[i] = day - firstDay;
  }
  return { ...bins, days: (bins.day[length - 1] ?? 0) + 1 };
}

function fitStep(points: readonly LoadPoint[]): number {
  const gaps: number[] = [];
  for (let i = 1; i < points.length; i += Math.ceil(points.length / 1000)) {
    gaps.push((points[i] as LoadPoint).at - (points[i - 1] as LoadPoint).at);
  }
  const usual = gaps.length === 0 ? 0 : median(gaps);
  return Math.min(HOUR_MS, Math.max(LEAST_STEP_MS, Math.round(usual / MINUTE_MS) * MINUTE_MS));
}

/** Mean load of every local hour: one row for each day, NaN where nothing was measured. */
export function hoursByDay(bins: LoadBins): Float64Array[] {
  const rows = Array.from({ length: bins.days }, () => new Float64Array(24));
  const counts = Array.from({ length: bins.days }, () => new Int32Array(24));
  for (const [i, load] of bins.load.entries()) {
    if (Number.isNaN(load)) continue;
    const day = bins.day[i] as number;
    const hour = bins.hour[i] as number;
    const row = rows[day] as Float64Array;
    row[hour] = (row[hour] as number) + load;
    const count = counts[day] as Int32Array;
    count[hour] = (count[hour] as number) + 1;
  }
  return rows.map((row, day) => row.map((sum, hour) => sum / (counts[day]?.[hour] as number)));
}

/** Weekday of every local day, 0 = Monday. */
export function weekdaysOf(bins: LoadBins): number[] {
  const first = bins.weekday[0] as number;
  return Array.from({ length: bins.days }, (_, day) => (first + day) % 7);
}

/** Mean of the numbers that are not NaN; NaN where all are. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
