import type { Instant } from '../core/instant.ts';
import type { PoolObservation, WorkerId, WorkerObservation } from '../core/observation.ts';

/**
 * What the newest observation shows of the workers, and what it shows that the one before did not. Copies what it
 * compares later: an adapter may hand out the same, changed list each time.
 */
export class Sight {
  ready = 0;
  starting = 0;
  draining = 0;
  /** Fresh observations so far. */
  count = 0;
  /** When the newest fresh one was seen, monotonic ms, and the one before it. */
  at = 0;
  previousAt = 0;
  /** How many more (or fewer) are ready than at the fresh observation before; 0 at the first. */
  readyChange = 0;
  #workers: readonly WorkerObservation[] | undefined;
  #byId: Map<WorkerId, WorkerObservation> | undefined;
  #readyBefore: ReadonlySet<WorkerId> | undefined;

  /** Takes a fresh observation in. */
  see(observation: PoolObservation, at: Instant): void {
    const { ready, workers } = observation;
    this.readyChange = this.count === 0 ? 0 : ready - this.ready;
    this.count++;
    this.previousAt = this.at;
    this.at = at.monotonic;
    this.ready = ready;
    this.starting = observation.starting ?? countIn(workers, 'starting');
    this.draining = observation.draining ?? countIn(workers, 'draining');
    this.#workers = workers;
    this.#byId = undefined;
  }

  /** The list names every worker that the totals count: who is not in it is gone. */
  get complete(): boolean {
    return this.#workers !== undefined && this.#workers.length >= this.ready + this.starting + this.draining;
  }

  get workers(): readonly WorkerObservation[] {
    return this.#workers ?? [];
  }

  find(id: WorkerId): WorkerObservation | undefined {
    if (this.#workers === undefined) return undefined;
    this.#byId ??= new Map(this.#workers.map((worker) => [worker.id, worker]));
    return this.#byId.get(id);
  }

  /** Remembers who is ready now, for the next `newcomers`. Returns who that is. */
  remember(): ReadonlySet<WorkerId> | undefined {
    this.#readyBefore =
      this.#workers && new Set(this.#workers.filter(({ state }) => state === 'ready').map(({ id }) => id));
    return this.#readyBefore;
  }

  /** Who is ready now and was not when `remember` was last called. */
  newcomers(): WorkerId[] {
    const before = this.#readyBefore;
    if (before === undefined) return [];
    return this.workers.filter(({ id, state }) => state === 'ready' && !before.has(id)).map(({ id }) => id);
  }
}

function countIn(workers: readonly WorkerObservation[] | undefined, state: string): number {
  if (workers === undefined) return 0;
  let count = 0;
  for (const worker of workers) if (worker.state === state) count++;
  return count;
}
