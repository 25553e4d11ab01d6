import type { Journal, JournalRange } from '../core/journal.ts';
import type { TickRecord } from '../core/record.ts';
import { InvalidOptionError } from '../errors.ts';

/** A journal in memory. */
export interface MemoryJournal extends Journal {
  /** What is kept, oldest first. */
  readonly records: readonly TickRecord[];
}

/**
 * Keeps the last records in memory: for tests, for a look at what just happened, and as the example of a `Journal`.
 *
 * A record of one pool takes about 3 KiB.
 *
 * @param capacity records, the oldest go first. An integer, 1 or more; default 1,000
 * @throws InvalidOptionError
 */
export function memoryJournal(capacity = 1_000): MemoryJournal {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new InvalidOptionError('capacity', 'must be an integer, 1 or more', capacity);
  }
  const ring: TickRecord[] = [];
  let next = 0;
  const records = (): TickRecord[] => [...ring.slice(next), ...ring.slice(0, next)];
  return {
    append(record): void {
      if (ring.length < capacity) {
        ring.push(record);
        return;
      }
      ring[next] = record;
      next = (next + 1) % capacity;
    },
    async *read({ from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: JournalRange = {}) {
      for (const record of records()) if (record.at >= from && record.at <= to) yield record;
    },
    get records() {
      return records();
    },
  };
}
