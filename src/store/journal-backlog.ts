import type { PoolRecord, TickRecord } from '../core/record.ts';

/** A record that waits for the database, and who wants to know. */
export interface Waiting {
  readonly at: number;
  /** The how manieth of its writer it is. */
  readonly number: number;
  /** All of the record but its pools. */
  readonly head: Omit<TickRecord, 'pools'>;
  pools: readonly PoolRecord[];
  /** Where in the record the pools stood, once it is thinned. */
  positions?: readonly number[];
  /** Pools that are written. */
  done: number;
  /** It is on its way: not to be changed now. */
  begun: boolean;
  readonly kept: () => void;
  readonly failed: (error: unknown) => void;
}

/** Its size was changed, or would have been in a dry run. */
export function isChange({ decision }: PoolRecord): boolean {
  return decision.from !== decision.to;
}

/** Leaves only pools whose sizes changed. */
export function thin(entry: Pick<Waiting, 'pools' | 'positions'>): void {
  entry.positions = entry.pools.flatMap((pool, position) => (isChange(pool) ? position : []));
  entry.pools = entry.pools.filter(isChange);
}

/**
 * What waits for the database, up to a limit of pools × ticks. Beyond it detail goes before substance, and of both the
 * oldest first: old records are thinned to the pools whose sizes changed, and when all are, the oldest are lost.
 */
export class JournalBacklog {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #held = 0;
  #thinned = 0;
  #lost = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Oldest first. */
  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  push(entry: Waiting): void {
    this.#waiting.push(entry);
    this.#held += weightOf(entry);
    if (this.#held > this.#most) this.#shrink();
  }

  /** Takes the first so many out: they are written. */
  shift(count: number): Waiting[] {
    const written = this.#waiting.splice(0, count);
    for (const each of written) this.#held -= weightOf(each);
    if (this.#waiting.length === 0) {
      this.#thinned = 0;
      this.#lost = 0;
    }
    return written;
  }

  /** What cannot be written now stays; who waits for it is told why, and what has become of records so far. */
  fail(cause: unknown, message: string): Error {
    const error = this.#failure(message, cause);
    for (const each of this.#waiting) {
      each.begun = false;
      each.failed(error);
    }
    return error;
  }

  #shrink(): void {
    for (const each of this.#old()) {
      if (each.positions !== undefined) continue;
      this.#held -= weightOf(each);
      thin(each);
      this.#held += weightOf(each);
      this.#thinned++;
      if (each.pools.length === 0) this.#remove(each);
    }
    for (const each of this.#old()) {
      this.#lost++;
      this.#remove(each);
    }
  }

  /** While there is too much, the next old one. Never the newest: however large, one record may always wait. */
  *#old(): Generator<Waiting> {
    for (const each of this.#waiting.slice(0, -1)) {
      if (this.#held <= this.#most) return;
      if (!each.begun && each.done === 0) yield each;
    }
  }

  #remove(entry: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    this.#held -= weightOf(entry);
    entry.failed(this.#failure('the database does not keep up'));
  }

  #failure(message: string, cause?: unknown): Error {
    const counts = [`records that wait in memory: ${this.#waiting.length}`];
    if (this.#thinned > 0) counts.push(`thinned to what changed: ${this.#thinned}`);
    if (this.#lost > 0) counts.push(`lost: ${this.#lost}`);
    return new Error(`${message} (${counts.join(', ')})`, { cause });
  }
}

function weightOf({ pools }: Waiting): number {
  return Math.max(1, pools.length);
}
