import { InvalidOptionError } from '../errors.ts';
import type { Workload } from './workload.ts';
import { lastAtOrBefore } from './workloads.ts';

/**
 * A moment: seconds (from any origin), an ISO time stamp or a date. Numbers from 100,000,000,000 on are milliseconds
 * since 1970, as `Date.now()` gives them: as seconds they would be in the year 5138.
 */
export type TraceTime = number | string | Date;

export interface TraceOptions {
  /** For people and reports. Default `trace`. */
  readonly name?: string;
  /** What the numbers are. Default `workers`. */
  readonly unit?: Workload['unit'];
}

const LEAST_MILLISECONDS = 1e11;
/** Other notations are read by guess: `03/04/2026` is March to one machine, and to its user perhaps April. */
const ISO_TIME = /^\d{4}-\d\d(-\d\d|$)/;

interface Row {
  readonly seconds: number;
  readonly load: number;
  readonly dated: boolean;
}

/**
 * A recorded load. Takes rows of [time, load] or CSV text with a time and a number on each line; a header, empty
 * lines and lines that begin with `#` are skipped. The first row is time 0, each row holds until the next, and
 * the last one as long as the one before it.
 *
 * @throws {InvalidOptionError} naming the row or line that cannot be read or does not come later than the one before.
 */
export function trace(
  source: string | readonly (readonly [time: TraceTime, load: number])[],
  options: TraceOptions = {},
): Workload {
  const rows = typeof source === 'string' ? fromCsv(source) : fromRows(source);
  const first = rows[0];
  const last = rows.at(-1);
  if (first === undefined || last === undefined) {
    throw new InvalidOptionError('trace', 'must have at least one row', source);
  }
  const times = Float64Array.from(rows, (row) => (row.seconds - first.seconds) * 1000);
  const loads = Float64Array.from(rows, (row) => row.load);
  const stepMs = rows.length > 1 ? (times[1] as number) : 1000;
  const isGrid = times.every((ms, i) => Math.abs(ms - i * stepMs) < 1e-3);
  const end = times.length - 1;
  const lastStepMs = rows.length > 1 ? (times[end] as number) - (times[end - 1] as number) : stepMs;
  const index = isGrid
    ? (ms: number): number => Math.min(end, Math.floor(ms / stepMs))
    : (ms: number): number => lastAtOrBefore(times, ms);
  return {
    name: options.name ?? 'trace',
    unit: options.unit ?? 'workers',
    at: (ms) => loads[ms > 0 ? index(ms) : 0] as number,
    durationMs: (times[end] as number) + lastStepMs,
    ...(isGrid && { stepMs }),
    ...(first.dated && { startAt: first.seconds * 1000 }),
  };
}

function fromRows(source: readonly (readonly [TraceTime, number])[]): Row[] {
  const rows: Row[] = [];
  for (const [i, row] of source.entries()) append(rows, `rows[${i}]`, row, row);
  return rows;
}

function fromCsv(text: string): Row[] {
  const rows: Row[] = [];
  let lineNumber = 0;
  for (const raw of text.split('\n')) {
    lineNumber++;
    const line = raw.trim().replace(/^\uFEFF/, '');
    if (line === '' || line.startsWith('#')) continue;
    const cells = line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    // The one line that may be words is the header: the first, and with no digit at the begin of either cell.
    if (rows.length === 0 && cells.length >= 2 && cells.every((cell) => !/^[-+.\d]/.test(cell))) continue;
    const [time, load] = cells;
    if (time === undefined || time === '' || load === undefined || load === '' || cells.length > 2) {
      throw new InvalidOptionError(`line ${lineNumber}`, 'must be a time and a number, e.g. "60,12.5"', line);
    }
    const isNumber = /^[-+.\d]+(e[-+]?\d+)?$/i.test(time);
    append(rows, `line ${lineNumber}`, [isNumber ? Number(time) : time, Number(load)], line);
  }
  return rows;
}

function append(
  rows: Row[],
  field: string,
  [time, load]: readonly [TraceTime, number],
  shown: unknown,
): void {
  const dated = typeof time !== 'number';
  const seconds = secondsOf(time);
  if (!Number.isFinite(seconds)) {
    throw new InvalidOptionError(field, 'must begin with seconds or an ISO time stamp', shown);
  }
  if (!(Number.isFinite(load) && load >= 0)) {
    throw new InvalidOptionError(field, 'must give the load as a number of at least 0', shown);
  }
  const before = rows.at(-1);
  if (before !== undefined && seconds <= before.seconds) {
    throw new InvalidOptionError(field, 'must be later than the row before', shown);
  }
  rows.push({ seconds, load, dated });
}

/** NaN where it is no moment. */
function secondsOf(time: TraceTime): number {
  if (typeof time === 'number') return time >= LEAST_MILLISECONDS ? time / 1000 : time;
  if (typeof time === 'string' && !ISO_TIME.test(time)) return Number.NaN;
  return new Date(time).getTime() / 1000;
}
