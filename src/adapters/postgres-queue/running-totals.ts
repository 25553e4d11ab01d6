import type { Ended, QueueSnapshot } from './snapshot.ts';

/** Running totals; what was there at the first look has arrived. */
export interface Totals {
  readonly arrived: number;
  readonly completed: number;
  readonly failed: number;
}

/**
 * Totals that never run back, from what a queue keeps. It keeps no totals itself, and its jobs are deleted in time. So
 * what has ended between two looks is added up, and what is deleted between them takes nothing away.
 *
 * A look counts what ended since a moment that lies `SETTLING_MS` before the look before, and that look had counted
 * from the same moment: the difference is what is new, with what was committed late. 40 since 10:00 at the first look,
 * 47 since 10:00 at the second: 7 have ended, also those whose transactions began before the first look.
 */
export class RunningTotals {
  #before: QueueSnapshot | undefined;
  #totals: Totals = { arrived: 0, completed: 0, failed: 0 };

  add(now: QueueSnapshot): Totals {
    const before = this.#before;
    this.#before = now;
    const ended = grown(before?.lately ?? now.ended, now.ended);
    const arrived = ended.completed + ended.failed + ended.cancelled + present(now);
    this.#totals = {
      arrived: this.#totals.arrived + Math.max(0, arrived - (before ? present(before) : 0)),
      completed: this.#totals.completed + ended.completed,
      failed: this.#totals.failed + ended.failed,
    };
    return this.#totals;
  }
}

function grown(before: Ended, now: Ended): Ended {
  return {
    completed: Math.max(0, now.completed - before.completed),
    failed: Math.max(0, now.failed - before.failed),
    cancelled: Math.max(0, now.cancelled - before.cancelled),
  };
}

const present = ({ due, active }: QueueSnapshot): number => due + active;
