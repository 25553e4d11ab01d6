import type { DashboardSeries } from './dashboard-data.ts';
import { SeriesRing } from './series-ring.ts';

/** What is kept of every tick. */
type Column = Exclude<keyof DashboardSeries, 'at' | 'resolutionMs'>;

const COLUMNS: readonly Column[] = [
  'ready',
  'starting',
  'draining',
  'busy',
  'target',
  'demand',
  'forecast',
  'forecastLow',
  'forecastHigh',
  'queued',
  'waitMs',
];

/** One tick. `NaN` = not known. */
export type SeriesRow = Readonly<Record<Column, number>>;

/** Of these the worst of a time counts, of the others the mean. */
const WORST: readonly boolean[] = COLUMNS.map((name) => name === 'queued' || name === 'waitMs');

/** The row at hand: adding one is not interrupted. */
const ROW = new Float64Array(COLUMNS.length);

const DAY_MS = 24 * 3_600_000;
/** Resolution of the day, ms: 1,440 points are more than a screen is wide. */
const MINUTE_MS = 60_000;
/** Ticks of the recent time: an hour on the fast interval, at least 4 minutes and at most 3 hours of 15 s. */
const MOST_RECENT = 720;
const FEWEST_RECENT = 240;

/** One pool's series: every tick of the recent time, and the day in minutes. About 110 KB when a day is full. */
export class PoolSeries {
  readonly #recent: SeriesRing;
  readonly #day: SeriesRing;
  readonly #resolutionMs: number;
  /** The part of the day that is not over: sums (or the worst), and how many ticks knew them. */
  readonly #sums = new Float64Array(COLUMNS.length);
  readonly #counts = new Uint32Array(COLUMNS.length);
  #bucket = Number.NaN;

  constructor(intervalMs: number) {
    const inAnHour = Math.ceil(3_600_000 / intervalMs);
    this.#resolutionMs = Math.max(MINUTE_MS, intervalMs);
    this.#recent = new SeriesRing(Math.min(MOST_RECENT, Math.max(FEWEST_RECENT, inAnHour)), COLUMNS.length);
    this.#day = new SeriesRing(Math.ceil(DAY_MS / this.#resolutionMs), COLUMNS.length);
  }

  add(at: number, row: SeriesRow): void {
    const bucket = Math.floor(at / this.#resolutionMs);
    if (bucket !== this.#bucket) {
      this.#closeBucket();
      this.#bucket = bucket;
    }
    for (let column = 0; column < COLUMNS.length; column++) {
      const value = row[COLUMNS[column] as Column];
      ROW[column] = value;
      if (Number.isNaN(value)) continue;
      const sum = this.#sums[column] as number;
      this.#sums[column] = WORST[column] ? Math.max(sum, value) : sum + value;
      this.#counts[column] = (this.#counts[column] as number) + 1;
    }
    this.#recent.push(at, ROW);
  }

  /**
   * @param intervalMs between two ticks, now
   * @param since only points after this moment, epoch ms
   */
  recent(intervalMs: number, since: number = Number.NEGATIVE_INFINITY): DashboardSeries {
    return columnsOf(this.#recent, intervalMs, since);
  }

  /** @param since only points whose time is not over at this moment, epoch ms */
  day(since: number = Number.NEGATIVE_INFINITY): DashboardSeries {
    const series = columnsOf(this.#day, this.#resolutionMs, since - this.#resolutionMs);
    if (Number.isNaN(this.#bucket)) return series;
    // The minute that is not over; the ring gets it when it is.
    const row = this.#bucketRow();
    (series.at as number[]).push(this.#bucket * this.#resolutionMs);
    for (const [column, name] of COLUMNS.entries()) {
      (series[name] as (number | null)[]).push(shown(row[column] as number));
    }
    return series;
  }

  #closeBucket(): void {
    if (!Number.isNaN(this.#bucket)) this.#day.push(this.#bucket * this.#resolutionMs, this.#bucketRow());
    this.#sums.fill(0);
    this.#counts.fill(0);
  }

  #bucketRow(): number[] {
    return COLUMNS.map((_, column) => {
      const count = this.#counts[column] as number;
      const sum = this.#sums[column] as number;
      return count === 0 ? Number.NaN : WORST[column] ? sum : sum / count;
    });
  }
}

function columnsOf(ring: SeriesRing, resolutionMs: number, since: number): DashboardSeries {
  const first = ring.after(since);
  const length = ring.length - first;
  const columnOf = (column: number): (number | null)[] =>
    Array.from({ length }, (_, row) => shown(ring.valueAt(first + row, column)));
  const columns = Object.fromEntries(COLUMNS.map((name, column) => [name, columnOf(column)]));
  return {
    resolutionMs,
    at: Array.from({ length }, (_, row) => ring.timeAt(first + row)),
    ...(columns as Record<Column, (number | null)[]>),
  };
}

/** As it goes into JSON: 12.300000190734863 → 12.3, not known → null. */
function shown(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
}
