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
  /** Makes it a `fault` of source `history`, and another one when it is over. */
  report?(fault: HistoryFault): void;
}

/** The store fails, or does so no more. */
export interface HistoryFault {
  readonly source: 'history';
  readonly message: string;
  readonly error?: unknown;
  readonly recovered?: boolean;
}

export interface RecordHistoryOptions {
  /** Ticks of this long become one sample. Milliseconds; default 60,000. */
  readonly everyMs?: number;
  /** Told once when the store begins to fail; the controller makes it a `fault`, too. */
  readonly onFailure?: (message: string) => void;
}

/** Samples of one pool that wait for the store: the last hour of minutes … */
const FINE_WAITING = 60;
/** … and before it means of five minutes, for five hours more. */
const MOST_WAITING = 120;
const COARSE_MS = 5 * 60_000;
/** Pools that are written side by side: a store may need a file for each. */
const MOST_WRITING = 100;

/**
 * Writes what a controller sees into a history, once a minute. A process that is killed loses the running minute.
 *
 * What the store does not take is tried again every minute. Meanwhile 120 samples a pool wait in memory: the last hour in
 * minutes, five hours before it in means of five minutes. What is older is lost.
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
  const waiting = new Map<PoolId, readonly LoadSample[]>();
  /** Pools whose turn to be written has come. */
  const due = new Set<PoolId>();
  /** Those that are being written: side by side, so that a store may write them together. */
  const writing = new Map<PoolId, Promise<void>>();
  const failing = new Set<PoolId>();

  const failed = (pool: PoolId, error: unknown): void => {
    const isTold = failing.size > 0;
    failing.add(pool);
    if (isTold) return;
    const message = messageOf(error);
    onFailure?.(message);
    controller.report?.({ source: 'history', message, error });
  };
  const succeeded = (pool: PoolId): void => {
    if (!failing.delete(pool) || failing.size > 0) return;
    controller.report?.({ source: 'history', message: 'the store takes samples again', recovered: true });
  };
  const write = async (pool: PoolId): Promise<void> => {
    for (let batch = waiting.get(pool); batch !== undefined; batch = waiting.get(pool)) {
      waiting.delete(pool);
      try {
        await store.append(pool, batch);
      } catch (error) {
        waiting.set(pool, bounded([...batch, ...(waiting.get(pool) ?? [])]));
        return failed(pool, error);
      }
      succeeded(pool);
    }
  };
  const put = (pool: PoolId, samples: readonly LoadSample[]): void => {
    waiting.set(pool, bounded([...(waiting.get(pool) ?? []), ...thinSamples(samples, everyMs)]));
  };
  const writeDue = (): void => {
    for (const pool of due) {
      if (writing.size >= MOST_WRITING) return;
      if (writing.has(pool)) continue;
      due.delete(pool);
      const written = write(pool).finally(() => {
        writing.delete(pool);
        writeDue();
      });
      writing.set(pool, written);
    }
  };
  /** Also of pools that are no more. */
  const writeAll = (): void => {
    for (const pool of waiting.keys()) due.add(pool);
    writeDue();
  };
  const allWritten = async (): Promise<void> => {
    while (writing.size > 0) await Promise.all(writing.values());
  };
  const listener = (record: TickRecord): void => {
    let isOver = false;
    for (const each of record.pools) {
      const sample = sampleOf(each);
      if (sample === undefined) continue;
      const { pool } = each.view;
      const samples = gathered.get(pool) ?? [];
      const first = samples[0];
      if (first !== undefined && Math.floor(sample.at / everyMs) !== Math.floor(first.at / everyMs)) {
        put(pool, samples);
        samples.length = 0;
        isOver = true;
      }
      samples.push(sample);
      gathered.set(pool, samples);
    }
    if (isOver) writeAll();
  };
  controller.on('tick', listener);
  return async () => {
    controller.off('tick', listener);
    await allWritten();
    for (const [pool, samples] of gathered) if (samples.length > 0) put(pool, samples);
    gathered.clear();
    writeAll();
    await allWritten();
  };
}

/** What may wait: detail goes first, the oldest then. */
function bounded(samples: readonly LoadSample[]): readonly LoadSample[] {
  if (samples.length <= MOST_WAITING) return samples;
  const coarse = thinSamples(samples.slice(0, -FINE_WAITING), COARSE_MS);
  return [...coarse.slice(FINE_WAITING - MOST_WAITING), ...samples.slice(-FINE_WAITING)];
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
