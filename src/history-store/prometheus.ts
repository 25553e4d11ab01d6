import { InvalidOptionError } from '../errors.ts';

/** Time (epoch seconds) and load. */
export type HistoryRow = readonly [seconds: number, load: number];

/**
 * Rows from the answer of Prometheus to a range query (`/api/v1/query_range`), as text or parsed. Several series
 * (one per instance, say) are added up, time stamp by time stamp. Samples that are NaN or infinite are left out.
 *
 * @throws InvalidOptionError naming what is not as Prometheus sends it
 */
export function fromPrometheus(answer: string | unknown): HistoryRow[] {
  const body = typeof answer === 'string' ? parseJson(answer) : answer;
  const { status, error, data } = asObject(body, 'answer');
  if (status !== undefined && status !== 'success') {
    throw new InvalidOptionError('status', `must be success (${String(error ?? 'no error given')})`, status);
  }
  const { resultType, result } = asObject(data, 'data');
  if (resultType !== 'matrix' || !Array.isArray(result)) {
    throw new InvalidOptionError('data.resultType', 'must be matrix: ask for a range', resultType);
  }
  const sums = new Map<number, number>();
  for (const [i, series] of result.entries()) {
    const { values } = asObject(series, `data.result[${i}]`);
    if (!Array.isArray(values)) {
      throw new InvalidOptionError(`data.result[${i}].values`, 'must be a list of [time, "value"]', values);
    }
    for (const [k, pair] of values.entries()) add(sums, `data.result[${i}].values[${k}]`, pair);
  }
  if (sums.size === 0) throw new InvalidOptionError('data.result', 'must have at least one sample', result);
  return [...sums].sort((a, b) => a[0] - b[0]);
}

function add(sums: Map<number, number>, field: string, pair: unknown): void {
  const [time, text] = Array.isArray(pair) ? (pair as unknown[]) : [];
  const load = Number(text);
  if (typeof time !== 'number' || !Number.isFinite(time) || typeof text !== 'string') {
    throw new InvalidOptionError(field, 'must be [seconds, "value"]', pair);
  }
  if (!Number.isFinite(load)) return;
  if (load < 0) throw new InvalidOptionError(field, 'must not be negative', pair);
  sums.set(time, (sums.get(time) ?? 0) + load);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidOptionError('answer', `must be JSON (${(error as Error).message})`, text.slice(0, 40));
  }
}

function asObject(value: unknown, field: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new InvalidOptionError(field, 'must be an object', value);
}
