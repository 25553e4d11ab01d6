import { QueueAlarm } from './queue-alarm.ts';

/** Those who want to hear when the pool should be looked at before the interval is over. */
export class Wakers {
  readonly #listeners = new Set<(reason: string) => void>();
  readonly #alarm = new QueueAlarm();
  readonly #onThrow: (message: string) => void;

  constructor(onThrow: (message: string) => void) {
    this.#onThrow = onThrow;
  }

  /** Returns what unsubscribes. */
  add(listener: (reason: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** `slots`: of the workers that take jobs or are about to. */
  jobsWait(queued: number, slots: number): void {
    if (this.#alarm.grew(queued, slots)) this.call(`${queued} jobs wait for ${slots} slots`);
  }

  jobLeft(queued: number): void {
    this.#alarm.shrank(queued);
  }

  call(reason: string): void {
    for (const listener of this.#listeners) {
      try {
        listener(reason);
      } catch (error) {
        this.#onThrow(`a wake listener threw: ${error}`);
      }
    }
  }
}
