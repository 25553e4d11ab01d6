import type { Fault } from './events.ts';

/** The same fault is told again at the earliest after this time. */
const REPEAT_MS = 5 * 60_000;

/** A fault that lasts, for `status()`. */
export interface StandingFault extends Fault {
  /** Times it happened since it began. */
  readonly count: number;
}

/**
 * Tells a fault once and not on every tick, and forgets it when its cause has gone. Two faults of one pool and one
 * source are the same fault: their messages may carry figures that change.
 */
export class FaultLog {
  readonly #standing = new Map<string, { fault: Fault; count: number; toldAt: number }>();

  /** `true` when this fault should be told: it is new, it was told long ago, or its source tells `always` what is new. */
  report(fault: Fault, monotonic: number, always = false): boolean {
    const key = keyOf(fault.pool, fault.source);
    const known = this.#standing.get(key);
    if (known !== undefined) {
      known.fault = fault;
      known.count++;
      if (!always && monotonic - known.toldAt < REPEAT_MS) return false;
      known.toldAt = monotonic;
      return true;
    }
    this.#standing.set(key, { fault, count: 1, toldAt: monotonic });
    return true;
  }

  /** The cause has gone: gives the fault that is over, if there was one; the next is told at once. */
  clear(pool: string | undefined, source: Fault['source']): Fault | undefined {
    if (this.#standing.size === 0) return undefined;
    const key = keyOf(pool, source);
    const over = this.#standing.get(key)?.fault;
    this.#standing.delete(key);
    return over;
  }

  /** Forgets all about a pool that was removed. */
  forget(pool: string): void {
    for (const key of this.#standing.keys()) {
      if (key.startsWith(`${pool}\n`)) this.#standing.delete(key);
    }
  }

  standing(): StandingFault[] {
    return [...this.#standing.values()].map(({ fault, count }) => ({ ...fault, count }));
  }
}

function keyOf(pool: string | undefined, source: Fault['source']): string {
  return `${pool ?? ''}\n${source}`;
}
