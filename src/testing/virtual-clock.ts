import type { Clock } from '../clock.ts';
import { InvalidOptionError } from '../errors.ts';
import { atLeast } from './check.ts';

interface Sleeper {
  /** Monotonic ms at which it wakes. */
  readonly due: number;
  /** Order of the calls to `sleep`: two that are due together wake in that order. */
  readonly order: number;
  /** Called once; absent when the sleep was aborted. */
  wake: (() => void) | undefined;
}

/** Midnight (UTC) of a Monday, so that the days and weeks of a workload begin with its time 0. */
export const VIRTUAL_START: number = Date.UTC(2026, 0, 5);

/** Taken at load time: a test that fakes timers must not stop the virtual clock. */
const afterMicrotasks: (then: () => void) => void = setImmediate;

/**
 * A clock that stands still until it is told to move. Whoever sleeps on it is woken in order of time, and what
 * the woken code does (also sleeping again) happens before time moves on, so days pass in milliseconds and every
 * run is the same.
 *
 * ```ts
 * import { VIRTUAL_START, VirtualClock } from 'flyball/testing';
 *
 * const clock = new VirtualClock();
 * const nap = clock.sleep(1000).then(() => clock.now());
 * await clock.advance(5000);
 * console.log((await nap) - VIRTUAL_START); // 1000
 * ```
 */
export class VirtualClock implements Clock {
  #monotonic = 0;
  #wallOffset: number;
  /** Binary heap by due time, then order. Aborted sleepers stay in it until they surface or it is swept. */
  #sleepers: Sleeper[] = [];
  #aborted = 0;
  #order = 0;

  /** @param start Wall time to begin with, epoch ms. Default: Monday, 5 January 2026, 0:00 UTC. */
  constructor(start: number = VIRTUAL_START) {
    if (!Number.isFinite(start))
      throw new InvalidOptionError('start', 'must be a finite number (epoch ms)', start);
    this.#wallOffset = start;
  }

  now(): number {
    return this.#monotonic + this.#wallOffset;
  }

  /** Milliseconds since the clock was made. */
  monotonic(): number {
    return this.#monotonic;
  }

  /** Sleepers that time has not reached yet. */
  get pending(): number {
    return this.#sleepers.length - this.#aborted;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<void>((resolve, reject) => {
      const sleeper: Sleeper = {
        due: this.#monotonic + (ms > 0 ? ms : 0),
        order: this.#order++,
        wake: resolve,
      };
      if (signal !== undefined) {
        const onAbort = (): void => {
          sleeper.wake = undefined;
          this.#aborted++;
          this.#sweep();
          reject(signal.reason);
        };
        sleeper.wake = () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        signal.addEventListener('abort', onAbort, { once: true });
      }
      push(this.#sleepers, sleeper);
    });
  }

  /**
   * Moves both clocks forward by `ms` and wakes, in order, who is due. Settles when everything that this set in
   * motion has come to rest (waits on something else, or sleeps again).
   */
  advance(ms: number): Promise<void> {
    return this.#wakeUntil(this.#monotonic + atLeast('ms', ms, 0));
  }

  /** Moves forward until wall time is `wall` (epoch ms). Throws when that is in the past. */
  advanceTo(wall: number): Promise<void> {
    if (!(wall >= this.now()))
      throw new InvalidOptionError('wall', `must not be before now (${this.now()})`, wall);
    return this.advance(wall - this.now());
  }

  /** Moves to the next sleeper and wakes those due then; `false` when nobody sleeps. */
  async advanceToNext(): Promise<boolean> {
    await rest(); // who is on the way to `sleep` gets there
    const due = this.#nextDue();
    if (due === Number.POSITIVE_INFINITY) return false;
    await this.#wakeUntil(due);
    return true;
  }

  /** Lets wall time jump, in either direction, as an NTP step or a suspended machine does. Wakes nobody. */
  setWall(wall: number): void {
    if (!Number.isFinite(wall))
      throw new InvalidOptionError('wall', 'must be a finite number (epoch ms)', wall);
    this.#wallOffset = wall - this.#monotonic;
  }

  async #wakeUntil(target: number): Promise<void> {
    // What the caller began before this call (a promise chain on its way to `sleep`) counts as earlier.
    await rest();
    for (let due = this.#nextDue(); due <= target; due = this.#nextDue()) {
      this.#monotonic = Math.max(this.#monotonic, due);
      while (this.#nextDue() <= this.#monotonic) {
        pop(this.#sleepers).wake?.();
        await rest();
      }
    }
    this.#monotonic = target;
  }

  #nextDue(): number {
    const sleepers = this.#sleepers;
    while (sleepers.length > 0 && sleepers[0]?.wake === undefined) {
      pop(sleepers);
      this.#aborted--;
    }
    return sleepers[0]?.due ?? Number.POSITIVE_INFINITY;
  }

  /** Deadlines are aborted far more often than reached: drop them before they outnumber the living. */
  #sweep(): void {
    if (this.#aborted < 64 || this.#aborted * 2 < this.#sleepers.length) return;
    const living = this.#sleepers.filter((sleeper) => sleeper.wake !== undefined);
    this.#sleepers = [];
    this.#aborted = 0;
    for (const sleeper of living) push(this.#sleepers, sleeper);
  }
}

/** One turn of the event loop: all promise chains that can run have run. */
function rest(): Promise<void> {
  return new Promise(afterMicrotasks);
}

function isBefore(a: Sleeper, b: Sleeper): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

function push(heap: Sleeper[], sleeper: Sleeper): void {
  let at = heap.length;
  heap.push(sleeper);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Sleeper;
    if (!isBefore(sleeper, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = sleeper;
}

function pop(heap: Sleeper[]): Sleeper {
  const first = heap[0] as Sleeper;
  const last = heap.pop() as Sleeper;
  const length = heap.length;
  if (length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= length) break;
    if (child + 1 < length && isBefore(heap[child + 1] as Sleeper, heap[child] as Sleeper)) child++;
    if (!isBefore(heap[child] as Sleeper, last)) break;
    heap[at] = heap[child] as Sleeper;
    at = child;
  }
  heap[at] = last;
  return first;
}
