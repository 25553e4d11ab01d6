/**
 * Says when a queue has grown enough to look at the pool now, not at the next interval: when as many jobs wait as
 * there are slots, and then at every doubling. With 4 slots: at 4, 8, 16, … waiting jobs; with none: at 1, 2, 4, ….
 * So a burst of 10,000 jobs wakes the controller a dozen times, not 10,000 times. As the queue shrinks the next
 * alarm follows it down, at four times what waits.
 */
export class QueueAlarm {
  #next = 0;

  /** A job came. `slots`: of the workers that take work or are about to. */
  grew(queued: number, slots: number): boolean {
    if (queued === 0 || queued < Math.max(this.#next, slots)) return false;
    this.#next = 2 * queued;
    return true;
  }

  /** A job left. */
  shrank(queued: number): void {
    this.#next = Math.min(this.#next, 4 * queued);
  }
}
