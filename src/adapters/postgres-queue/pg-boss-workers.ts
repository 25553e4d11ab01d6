import type PgBoss from 'pg-boss';
import { InvalidOptionError } from '../../errors.ts';
import { type Crew, crewOf } from '../crew.ts';
import { PgBossSeat } from './pg-boss-seat.ts';

/** The options of `boss.work`. `batchSize` is the number of jobs that one worker handles at once. */
export interface PgBossWorkersOptions extends PgBoss.WorkOptions {}

/** Workers of a queue of pg-boss in this process. */
export interface PgBossWorkers extends Crew {}

/** As pg-boss's own. */
const POLLING_SECONDS = 2;

/**
 * Starts and stops workers of one queue in this process; the arguments are those of `boss.work`, with the handler
 * first. The handler is given the jobs of one batch and a signal: it is aborted when the jobs expire, and by a stop
 * that cannot wait.
 *
 * A worker is drained by fetching no more: it ends what it runs, and has told the database how it ended when the drain
 * settles. `boss.work` and `offWork` cannot do that (they tell nobody when the last job has ended, and do not wait
 * until it is marked), so each worker here is a loop of `fetch`, handler and `complete` or `fail`. A stop that is not
 * graceful waits for the handler too.
 *
 * @throws InvalidOptionError
 */
export function pgBossWorkers<Data extends object = object>(
  boss: Pick<PgBoss, 'getQueue' | 'fetch' | 'complete' | 'fail'>,
  queue: string,
  handler: (jobs: PgBoss.Job<Data>[], signal: AbortSignal) => Promise<unknown>,
  options: PgBossWorkersOptions = {},
): PgBossWorkers {
  const { pollingIntervalSeconds = POLLING_SECONDS, ...fetching } = options;
  const { batchSize = 1 } = options;
  if (!(Number.isSafeInteger(batchSize) && batchSize >= 1)) {
    throw new InvalidOptionError('batchSize', 'must be a whole number of at least 1', batchSize);
  }
  if (!(pollingIntervalSeconds >= 0.5)) {
    throw new InvalidOptionError('pollingIntervalSeconds', 'must be at least 0.5', pollingIntervalSeconds);
  }
  const work = {
    fetch: () => boss.fetch<Data>(queue, { ...fetching, batchSize }),
    handle: handler as (jobs: readonly PgBoss.Job[], signal: AbortSignal) => Promise<unknown>,
    complete: (ids: string[], result: unknown) => boss.complete(queue, ids, result as object),
    fail: (ids: string[], error: unknown) => boss.fail(queue, ids, error as object),
    restMs: pollingIntervalSeconds * 1_000,
  };
  return crewOf({
    name: queue,
    slotsPerWorker: batchSize,
    async open(signal) {
      // `fetch` finds no jobs where it finds no queue or no database; this says which.
      if ((await boss.getQueue(queue)) === null) throw new Error(`pg-boss has no queue "${queue}"`);
      signal.throwIfAborted();
      return new PgBossSeat(work);
    },
  });
}
