import type { LoadSample } from '../core/forecast.ts';
import type { PoolId } from '../core/observation.ts';
import { InvalidOptionError } from '../errors.ts';
import type { HistoryStore } from './history-store.ts';

const DAY_MS = 86_400_000;

export interface MemoryHistoryOptions {
  /** What is older than this, counted from a pool's newest sample, is given up. Days; default 28. */
  readonly retentionDays?: number;
}

/** A history that lives as long as the process. */
export function memoryHistory(options: MemoryHistoryOptions = {}): HistoryStore {
  const retentionMs = retentionOf(options.retentionDays ?? 28);
  const kept = new Map<PoolId, LoadSample[]>();
  return {
    async append(pool, samples) {
      if (samples.length === 0) return;
      const all = kept.get(pool) ?? [];
      all.push(...samples);
      const oldest = (all.at(-1)?.at ?? 0) - retentionMs;
      const from = all.findIndex((sample) => sample.at >= oldest);
      // A tenth too much may stay: cutting at every append would move all samples each time.
      kept.set(pool, from > all.length / 10 ? all.slice(from) : all);
    },
    async read(pool, { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = {}) {
      const all = kept.get(pool) ?? [];
      const oldest = Math.max(from, (all.at(-1)?.at ?? 0) - retentionMs);
      return all.filter((sample) => sample.at >= oldest && sample.at <= to);
    },
    async pools() {
      return [...kept.keys()];
    },
    async close() {},
  };
}

/** @throws InvalidOptionError */
export function retentionOf(days: number): number {
  if (!(days > 0)) throw new InvalidOptionError('retentionDays', 'must be above 0', days);
  return days * DAY_MS;
}
