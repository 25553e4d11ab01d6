import { systemClock } from './clock.ts';
import type { Journal } from './core/journal.ts';
import type { TickRecord } from './core/record.ts';
import { withDeadline } from './deadline.ts';
import type { Herald } from './herald.ts';

/** Hands the records of ticks to the journal, which writes them in its own time. What it fails with is a fault. */
export class RecordKeeper {
  readonly #journal: Journal | undefined;
  readonly #herald: Herald;

  constructor(journal: Journal | undefined, herald: Herald) {
    this.#journal = journal;
    this.#herald = herald;
  }

  keep(record: TickRecord): void {
    try {
      const kept = this.#journal?.append(record);
      if (kept === undefined) this.#recovered();
      else kept.then(() => this.#recovered(), this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Settles when all is kept, or too much time has passed. Never rejects. */
  async flush(timeoutMs: number): Promise<void> {
    try {
      // A disk takes real time, whatever clock the pools live by.
      await withDeadline(systemClock, timeoutMs, 'flush()', () => this.#journal?.flush?.());
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #failed = (error: unknown): void => this.#herald.failure('journal', error);

  #recovered(): void {
    this.#herald.recovered(undefined, 'journal');
  }
}
