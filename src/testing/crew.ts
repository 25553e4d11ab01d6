import type { WorkerId, WorkerState } from '../core/observation.ts';

export interface SimulatedWorker {
  readonly id: WorkerId;
  /** Its number in the job engine. */
  readonly index: number;
  readonly state: WorkerState;
  /** Epoch ms. */
  readonly startedAt: number;
  /** When it will crash, ms of the pool's time; infinity = not. */
  crashAt: number;
}

/** The workers of a simulated pool: who there is, in which state, and for how long they have been paid. */
export class Crew implements Iterable<SimulatedWorker> {
  readonly counts: Readonly<Record<WorkerState, number>> = { starting: 0, ready: 0, draining: 0 };
  readonly #workers = new Map<WorkerId, SimulatedWorker>();
  #admitted = 0;
  #paidMs = 0;
  #readyMs = 0;

  /** Time of all workers in any state, summed up. */
  get paidMs(): number {
    return this.#paidMs;
  }

  /** Time of all ready workers, summed up. */
  get readyMs(): number {
    return this.#readyMs;
  }

  [Symbol.iterator](): Iterator<SimulatedWorker> {
    return this.#workers.values();
  }

  find(id: WorkerId): SimulatedWorker | undefined {
    return this.#workers.get(id);
  }

  has(worker: SimulatedWorker): boolean {
    return this.#workers.has(worker.id);
  }

  /** A new worker, `starting`. */
  admit(startedAt: number): SimulatedWorker {
    const index = this.#admitted++;
    const id = `w${index + 1}`;
    const worker: SimulatedWorker = {
      id,
      index,
      state: 'starting',
      startedAt,
      crashAt: Number.POSITIVE_INFINITY,
    };
    this.#workers.set(id, worker);
    this.#count('starting', 1);
    return worker;
  }

  move(worker: SimulatedWorker, state: WorkerState): void {
    this.#count(worker.state, -1);
    this.#count(state, 1);
    (worker as { state: WorkerState }).state = state;
  }

  /** `false` = it was gone already. */
  dismiss(worker: SimulatedWorker): boolean {
    if (!this.#workers.delete(worker.id)) return false;
    this.#count(worker.state, -1);
    return true;
  }

  /** Time has passed in which nobody came, went or changed state. */
  pay(elapsedMs: number): void {
    const { starting, ready, draining } = this.counts;
    this.#paidMs += elapsedMs * (starting + ready + draining);
    this.#readyMs += elapsedMs * ready;
  }

  #count(state: WorkerState, change: number): void {
    (this.counts as Record<WorkerState, number>)[state] += change;
  }
}
