import type { TickRecord } from './record.ts';

/** Which records to read; both ends included. Default: all. */
export interface JournalRange {
  /** Epoch ms. */
  readonly from?: number;
  /** Epoch ms. */
  readonly to?: number;
}

/** Keeps what happened, one record per tick. */
export interface Journal {
  /**
   * Called once per tick, at its end; must not block. What it throws or rejects with becomes a fault of source
   * `journal`, told once until an append has succeeded again; the loop goes on.
   */
  append(record: TickRecord): void | Promise<void>;
  /** What is kept, oldest first. */
  read(range?: JournalRange): AsyncIterable<TickRecord>;
  /** Settles when all that was appended is kept. `stop()` of the controller calls it. */
  flush?(): Promise<void>;
}
