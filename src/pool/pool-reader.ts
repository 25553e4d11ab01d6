import type { Clock } from '../clock.ts';
import type { PoolAdapter } from '../core/adapter.ts';
import type { PoolObservation, ReadingQuality } from '../core/observation.ts';
import { inWorkers, partialReason, refuse } from '../core/reading.ts';
import { isPromise, withDeadline } from '../deadline.ts';
import { messageOf } from '../errors.ts';
import type { PoolHooks } from './pool-hooks.ts';

/** One partial reading is a moment of change; so many in a row are a fault. */
const PARTIAL_IN_ROW = 4;

/** Asks one adapter how its pool is, and keeps the last answer that could be believed. */
export class PoolReader {
  /** The last one that was accepted. */
  reading: PoolObservation | undefined;
  /** How the newest observation went. */
  quality: ReadingQuality = 'none';
  readonly #adapter: PoolAdapter;
  readonly #clock: Clock;
  readonly #hooks: PoolHooks;
  #call: AbortController | undefined;
  #partialInRow = 0;

  constructor(adapter: PoolAdapter, clock: Clock, hooks: PoolHooks) {
    this.#adapter = adapter;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** The newest observation was accepted. */
  get isFresh(): boolean {
    return this.quality === 'full' || this.quality === 'partial';
  }

  /** Asks the adapter. Settles at once where the adapter is synchronous; never rejects. */
  read(timeoutMs: number): void | Promise<void> {
    const call = this.#call ?? new AbortController();
    this.#call = undefined;
    const observe = (signal: AbortSignal): PoolObservation | Promise<PoolObservation> =>
      this.#adapter.observe(signal);
    try {
      const result = withDeadline(this.#clock, timeoutMs, 'observe()', observe, call);
      if (!isPromise(result)) {
        // Over already, so its signal can serve again: one is dear to make.
        this.#call = call;
        this.#accept(result);
        return;
      }
      return result.then(
        (observation) => this.#accept(observation),
        (error: unknown) => this.#miss('observe', messageOf(error), error),
      );
    } catch (error) {
      this.#miss('observe', messageOf(error), error);
    }
  }

  #accept(observation: PoolObservation): void {
    const refusal = refuse(observation);
    if (refusal !== undefined) {
      this.#miss('reading', refusal);
      return;
    }
    const missing = partialReason(observation, this.reading);
    this.quality = missing === undefined ? 'full' : 'partial';
    this.reading = inWorkers(observation);
    this.#hooks.recovered('observe');
    this.#partialInRow = missing === undefined ? 0 : this.#partialInRow + 1;
    if (missing === undefined) this.#hooks.recovered('reading');
    else if (this.#partialInRow >= PARTIAL_IN_ROW) {
      this.#hooks.fault({ source: 'reading', message: `${missing}: the pool is not shrunk on that` });
    }
  }

  #miss(source: 'observe' | 'reading', message: string, error?: unknown): void {
    this.quality = this.reading === undefined ? 'none' : 'stale';
    this.#hooks.fault({ source, message, error });
  }
}
