import type { LoadSample } from '../core/forecast.ts';
import { InvalidOptionError } from '../errors.ts';
import { trace } from '../testing/trace.ts';
import { fromPrometheus } from './prometheus.ts';

export interface ImportOptions {
  /** Wall time of the first row, epoch ms, for CSV whose times are seconds from a beginning. */
  readonly startAt?: number;
  /** Every load is multiplied by it: 0.5 for jobs per second of 500 ms each. Default 1. */
  readonly factor?: number;
}

const MINUTE_MS = 60_000;

/**
 * Samples from text: CSV (a time and a number on each line; seconds or ISO, with a header or without) or the JSON
 * that Prometheus answers a range query with. Rows of CSV that are not equally far apart become one sample a minute,
 * each row holding until the next.
 *
 * ```ts
 * import { importHistory, memoryHistory } from 'flyball';
 *
 * const store = memoryHistory();
 * await store.append('embedding', importHistory('t,load\n0,4\n60,6\n', { startAt: Date.UTC(2026, 0, 5) }));
 * ```
 *
 * @throws InvalidOptionError naming the line or field that is bad, or when times have no date and `startAt` is missing
 */
export function importHistory(text: string, options: ImportOptions = {}): LoadSample[] {
  const { factor = 1 } = options;
  if (!(factor > 0)) throw new InvalidOptionError('factor', 'must be above 0', factor);
  if (text.trimStart().startsWith('{')) {
    return fromPrometheus(text).map(([seconds, load]) => ({ at: seconds * 1000, demand: load * factor }));
  }
  const { at, durationMs = 0, stepMs = MINUTE_MS, startAt = options.startAt } = trace(text);
  if (startAt === undefined) {
    throw new InvalidOptionError('startAt', 'is needed: the times have no date', undefined);
  }
  return Array.from({ length: Math.max(1, Math.round(durationMs / stepMs)) }, (_, i) => ({
    at: startAt + i * stepMs,
    demand: at(i * stepMs) * factor,
  }));
}
