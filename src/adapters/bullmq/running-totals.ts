import type { QueueSnapshot } from './snapshot.ts';

/** Running totals; what was there at the first look has arrived. */
export interface Totals {
  readonly arrived: number;
  readonly completed: number;
  readonly failed: number;
}

/**
 * Totals that never run back, from what a queue shows. It shows no such totals itself: its counters are optional,
 * finished jobs are removed, and all of it may be wiped. So the growth between two looks is added up, and shrinking
 * adds nothing.
 */
export class RunningTotals {
  #before: QueueSnapshot | undefined;
  #totals: Totals = { arrived: 0, completed: 0, failed: 0 };

  add(now: QueueSnapshot): Totals {
    const before = this.#before;
    this.#before = now;
    if (before === undefined) {
      this.#totals = { ...this.#totals, arrived: present(now) };
      return this.#totals;
    }
    const { arrived, completed, failed } = now.metrics ? byMetrics(before, now) : byCounts(before, now);
    this.#totals = {
      arrived: this.#totals.arrived + Math.max(0, arrived),
      completed: this.#totals.completed + Math.max(0, completed),
      failed: this.#totals.failed + Math.max(0, failed),
    };
    return this.#totals;
  }
}

/** What the workers have counted, exactly. What has arrived is what has ended and what is there. */
function byMetrics(before: QueueSnapshot, now: QueueSnapshot): Totals {
  const completed = (now.metrics?.completed ?? 0) - (before.metrics?.completed ?? 0);
  const failed = (now.metrics?.failed ?? 0) - (before.metrics?.failed ?? 0);
  return { arrived: completed + failed + present(now) - present(before), completed, failed };
}

/**
 * Jobs are numbered: those that were added and are not there any more have ended. How they ended shows in the failed
 * ones that are kept. 10 jobs added, 4 fewer there, 1 failed one more: 14 have ended, 13 of them well.
 */
function byCounts(before: QueueSnapshot, now: QueueSnapshot): Totals {
  const added = now.added - before.added;
  const ended = added - (present(now) + later(now)) + (present(before) + later(before));
  const failed = Math.max(0, now.keptFailed - before.keptFailed);
  return { arrived: added - later(now) + later(before), completed: ended - failed, failed };
}

const present = ({ waiting, prioritized, due, active }: QueueSnapshot): number =>
  waiting + prioritized + due + active;

/** Jobs that are no load yet; when their time comes, they arrive. */
const later = ({ delayed, waitingChildren }: QueueSnapshot): number => delayed + waitingChildren;
