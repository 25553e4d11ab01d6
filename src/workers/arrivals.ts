import type { WorkerId } from '../core/observation.ts';
import type { ScaleRequest } from './actuator.ts';
import type { Call } from './operations.ts';
import type { Sight } from './sight.ts';

/**
 * `coming`: counted on. `cut`: took too long. `cancelled`: too many were on their way. `done`: one of the ready
 * ones, or failed. A start that was cut or cancelled may still bring a worker.
 */
export type ArrivalState = 'coming' | 'cut' | 'cancelled' | 'done';

/** A worker on its way: being started, or there already and not yet seen among the ready ones. */
export interface Arrival {
  /** Absent for a worker whose drain was called off: it was started long ago. */
  readonly call?: Call;
  readonly request: ScaleRequest;
  /** Times are monotonic ms. */
  readonly begunAt: number;
  readonly timeoutMs: number;
  /** Who was ready when it began, and so cannot be the new worker. */
  readonly before?: ReadonlySet<WorkerId> | undefined;
  state: ArrivalState;
  deadline: number;
  id?: WorkerId;
  /** When the adapter said that it is there. */
  settledAt?: number;
  /** Fresh observations until then. */
  settledIn: number;
  /** An observation counts it as ready. */
  seen: boolean;
  /** The listed worker that it was taken for before its id was known. */
  seenAs?: WorkerId | undefined;
}

/**
 * The workers that are counted on, oldest first, and which of them the observations show. A worker may be shown
 * before its start settles (both happen in the same moment, and the loop happens to look first) or long after;
 * either way it counts once.
 */
export class Arrivals {
  readonly #arrivals: Arrival[] = [];
  readonly #sight: Sight;

  constructor(sight: Sight) {
    this.#sight = sight;
  }

  get size(): number {
    return this.#arrivals.length;
  }

  /** Those that no observation counts as ready. */
  unseen(): number {
    let unseen = 0;
    for (const { seen } of this.#arrivals) if (!seen) unseen++;
    return unseen;
  }

  /** A copy, so that it may be changed while it is read. */
  newestFirst(): Arrival[] {
    return this.#arrivals.toReversed();
  }

  [Symbol.iterator](): IterableIterator<Arrival> {
    return this.#arrivals.values();
  }

  add(arrival: Arrival): void {
    arrival.state = 'coming';
    this.#arrivals.push(arrival);
  }

  remove(arrival: Arrival, state: Exclude<ArrivalState, 'coming'>): void {
    arrival.state = state;
    const index = this.#arrivals.indexOf(arrival);
    if (index >= 0) this.#arrivals.splice(index, 1);
  }

  clear(): void {
    this.#arrivals.length = 0;
  }

  /** Takes a fresh observation in. Returns those that are settled and seen: they have arrived. */
  absorb(): Arrival[] {
    const sight = this.#sight;
    let found = 0;
    for (const arrival of this.#arrivals) {
      if (arrival.call === undefined) this.#lookForReturning(arrival);
      if (arrival.seen || !this.#isShown(arrival)) continue;
      arrival.seen = true;
      found++;
    }
    // A worker whose start has not settled has no id yet: the oldest such start is taken for it.
    const named = new Set(this.#arrivals.map(({ id, seenAs }) => seenAs ?? id));
    for (const id of sight.newcomers()) {
      if (named.has(id)) continue;
      this.#attribute(isUnnamed, id);
      found++;
    }
    // Without a list of all workers, the rise of the total says how many have come: the settled ones first.
    for (; !sight.complete && found < sight.readyChange; found++) {
      if (!this.#attribute(isSettled)) this.#attribute(() => true);
    }
    if (this.#arrivals.length > 0) sight.remember();
    return this.#arrivals.filter((arrival) => arrival.seen && isSettled(arrival));
  }

  /** An arrival has got its id. What was taken for it, or for what others were taken, is put right. */
  identify(arrival: Arrival, id: WorkerId): void {
    arrival.id = id;
    const { seen, seenAs } = arrival;
    if (seenAs === id) return;
    const shown = this.#isShown(arrival);
    if (shown || seenAs !== undefined) {
      const mistaken = this.#arrivals.find((other) => other !== arrival && other.seenAs === id);
      arrival.seen = shown;
      arrival.seenAs = shown ? id : undefined;
      if (mistaken) {
        mistaken.seen = seen;
        mistaken.seenAs = seenAs;
      } else if (seenAs !== undefined) {
        this.#attribute((other) => other !== arrival && isUnnamed(other), seenAs);
      }
    } else if (!seen) {
      // By the total, an older start was taken for the worker that came; more likely it is this one.
      const mistaken = this.#arrivals.find((other) => other.seen && !isSettled(other) && !other.seenAs);
      if (mistaken === undefined) return;
      mistaken.seen = false;
      arrival.seen = true;
    }
  }

  /** One that comes back was seen before it went. What counts is whether it is now, or has died meanwhile. */
  #lookForReturning(arrival: Arrival): void {
    if (arrival.id === undefined) return;
    if (this.#sight.find(arrival.id)) arrival.seen = false;
    else if (this.#sight.complete) arrival.seen = true;
  }

  #isShown({ id, before }: Arrival): boolean {
    return id !== undefined && !before?.has(id) && this.#sight.find(id)?.state === 'ready';
  }

  /** Takes the oldest unseen arrival that fits for one that was seen. */
  #attribute(fits: (arrival: Arrival) => boolean, id?: WorkerId): boolean {
    const arrival = this.#arrivals.find((candidate) => !candidate.seen && fits(candidate));
    if (arrival === undefined) return false;
    arrival.seen = true;
    arrival.seenAs = id;
    return true;
  }
}

/** Its id is not known, or cannot be its own. */
function isUnnamed({ id, before }: Arrival): boolean {
  return id === undefined || before?.has(id) === true;
}

function isSettled({ settledAt }: Arrival): boolean {
  return settledAt !== undefined;
}
