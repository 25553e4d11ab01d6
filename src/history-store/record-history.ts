import type { LoadSample } from '../core/forecast.ts';
import type { PoolId } from '../core/observation.ts';
import type { PoolRecord, TickRecord } from '../core/record.ts';
import { messageOf } from '../errors.ts';
import type { HistoryStore } from './history-store.ts';
import { thinSamples } from './thin-samples.ts';

/** What is needed of a `ScalingController`. */
export interface TickSource {
  on(event: 'tick', listener: (record: TickRecord) => void): unknown;
  off(event: 'tick', listener: (record: TickRecord) => void): unknown;
}

export interface RecordHistoryOptions {
  /** Ticks of this long become one sample. Milliseconds; default 60,000. */
  readonly everyMs?: number;
  /** Told when the store failed. The samples are tried again with the next ones, for up to an hour. */
  readonly onFailure?: (message: string) => void;
}

/** Samples of one pool that wait for the store at most: an hour of minutes. */
const MOST_WAITING = 60;

/**
 * Writes what a controller sees into a history, once a minute. A process that is killed loses the running minute.
 *
 * ```ts
 * import { memoryHistory, recordHistory, ScalingController } from 'flyball';
 *
 * const controller = new ScalingController({ pools: [] });
 * const stop = recordHistory(controller, memoryHistory());
 * ```
 *
 * @returns Ends it, and settles when what was gathered is kept.
 */
export function recordHistory(
  controller: TickSource,
  store: HistoryStore,
  options: RecordHistoryOptions = {},
): () => Promise<void> {
  const { everyMs = 60_000, onFailure } = options;
  /** Of the minute that runs. */
  const gathered = new Map<PoolId, LoadSample[]>();
  /** Not yet kept. */
  const waiting = new Map<PoolId, LoadSample[]>();
  let written: Promise<void> = Promise.resolve();

  const write = (pool: PoolId, samples: readonly LoadSample[]): void => {
    waiting.set(pool, [...(waiting.get(pool) ?? []), ...samples].slice(-MOST_WAITING));
    written = written.then(async () => {
      const batch = waiting.get(pool) ?? [];
      waiting.set(pool, []);
      try {
        if (batch.length > 0) await store.append(pool, batch);
      } catch (error) {
        waiting.set(pool, [...batch, ...(waiting.get(pool) ?? [])].slice(-MOST_WAITING));
        onFailure?.(messageOf(error));
      }
    });
  };
  const listener = (record: TickRecord): void => {
    for (const each of record.pools) {
      const sample = sampleOf(each);
      if (sample === undefined) continue;
      const { pool } = each.view;
      const samples = gathered.get(pool) ?? [];
      const first = samples[0];
      if (first !== undefined && Math.floor(sample.at / everyMs) !== Math.floor(first.at / everyMs)) {
        write(pool, thinSamples(samples, everyMs));
        samples.length = 0;
      }
      samples.push(sample);
      gathered.set(pool, samples);
    }
  };
  controller.on('tick', listener);
  return async () => {
    controller.off('tick', listener);
    for (const [pool, samples] of gathered)
      if (samples.length > 0) write(pool, thinSamples(samples, everyMs));
    gathered.clear();
    await written;
  };
}

/** Nothing is learned from a reading that was not made. */
function sampleOf({ view }: PoolRecord): LoadSample | undefined {
  if (view.quality !== 'full') return undefined;
  const { flow } = view;
  return {
    at: view.now,
    demand: view.demand.now,
    utilization: view.utilization,
    queued: view.queued,
    ...(flow.responseTimeMs !== undefined && { responseTimeMs: flow.responseTimeMs }),
    ...(flow.errorRatio !== undefined && { errorRatio: flow.errorRatio }),
    ...(flow.arrivalsPerSecond !== undefined && { arrivalsPerSecond: flow.arrivalsPerSecond }),
  };
}
