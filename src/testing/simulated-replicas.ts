import type { Clock } from '../clock.ts';
import type { ReplicaPoolAdapter, WorkerPoolAdapter } from '../core/adapter.ts';
import type { PoolObservation, WorkerId, WorkerObservation } from '../core/observation.ts';
import { wholeNumber } from './check.ts';

const FOREVER = 2 ** 31 - 1;
const START = { skipWarmup: false, emergency: false, reason: 'the size asked for', timeoutMs: FOREVER };
const STOP = { graceful: true, reason: 'the size asked for', timeoutMs: FOREVER };
/** A replica that failed to start is tried again after this time, as an orchestrator backs off. */
const RETRY_MS = 10_000;

/** A simulated pool that is asked for a size. */
export interface SimulatedReplicas extends ReplicaPoolAdapter {
  observe(): PoolObservation;
  scaleTo(size: number): Promise<void>;
}

/** What the orchestrator runs: a pool whose single workers it can see and stop. */
interface Crew extends WorkerPoolAdapter {
  readonly ready: number;
  observe(): PoolObservation;
  workers(): WorkerObservation[];
}

/** What an orchestrator does around a simulated pool: keeps it at the size that was last asked for. */
export function simulatedReplicas(pool: Crew, clock: Clock): SimulatedReplicas {
  const starting: AbortController[] = [];
  let wanted: number | undefined;

  const start = (): void => {
    const cancel = new AbortController();
    starting.push(cancel);
    pool.startWorker(START, cancel.signal).then(
      () => forget(cancel),
      async () => {
        if (!forget(cancel)) return;
        await clock.sleep(RETRY_MS);
        reconcile();
      },
    );
  };
  /** `false` = it was cancelled before. */
  const forget = (cancel: AbortController): boolean => {
    const at = starting.indexOf(cancel);
    if (at >= 0) starting.splice(at, 1);
    return at >= 0;
  };
  const reconcile = (): void => {
    if (wanted === undefined) return;
    let missing = wanted - pool.ready - starting.length;
    for (; missing > 0; missing--) start();
    // What has not started yet goes first, the newest of it first.
    for (; missing < 0 && starting.length > 0; missing++)
      starting.pop()?.abort(new Error('not needed any more'));
    for (const id of missing < 0 ? leastBusy(pool, -missing) : [])
      void pool.stopWorker(id, STOP, new AbortController().signal);
  };

  return {
    observe: () => {
      const observation = pool.observe();
      if (wanted === undefined || observation.ready + (observation.starting ?? 0) >= wanted)
        return observation;
      // Replace what crashed.
      reconcile();
      return pool.observe();
    },
    scaleTo: async (size) => {
      wanted = wholeNumber('size', size, 0);
      reconcile();
    },
  };
}

/** Ready workers that leave the fewest jobs to wait for, the newest first among equals. */
function leastBusy(pool: Crew, count: number): WorkerId[] {
  return pool
    .workers()
    .filter((worker) => worker.state === 'ready')
    .reverse()
    .sort((a, b) => Number(a.busy) - Number(b.busy))
    .slice(0, count)
    .map((worker) => worker.id);
}
