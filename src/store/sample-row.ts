import type { LoadSample } from '../core/forecast.ts';
import type { PoolId } from '../core/observation.ts';
import type { SampleRow } from './tables.ts';

export function toRow(pool: PoolId, sample: LoadSample): SampleRow {
  const { context } = sample;
  return {
    pool,
    at: sample.at,
    demand: sample.demand,
    noise: measured(sample.noise),
    utilization: measured(sample.utilization),
    queued: measured(sample.queued),
    response_time_ms: measured(sample.responseTimeMs),
    error_ratio: measured(sample.errorRatio),
    arrivals_per_second: measured(sample.arrivalsPerSecond),
    context: context === undefined ? null : JSON.stringify(context),
  };
}

export function toSample(row: SampleRow): LoadSample {
  return {
    at: row.at,
    demand: row.demand,
    ...(row.noise !== null && { noise: row.noise }),
    ...(row.utilization !== null && { utilization: row.utilization }),
    ...(row.queued !== null && { queued: row.queued }),
    ...(row.response_time_ms !== null && { responseTimeMs: row.response_time_ms }),
    ...(row.error_ratio !== null && { errorRatio: row.error_ratio }),
    ...(row.arrivals_per_second !== null && { arrivalsPerSecond: row.arrivals_per_second }),
    ...(row.context !== null && { context: JSON.parse(row.context) }),
  };
}

/** What is no number was not measured. */
function measured(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
