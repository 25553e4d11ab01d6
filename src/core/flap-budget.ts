/**
 * A full flap budget lets a scale-down follow a scale-up at once; a spent one only after ten start-up times (and
 * intervals), at most 10 min: a worker that starts in a second is let go sooner than one that takes a minute.
 */
const DAMPING_STARTUPS = 10;
const LONGEST_DAMPING_MS = 10 * 60_000;

/**
 * How long a scale-down waits after a scale-up, ms. With N reversals an hour allowed, the last is left to the scale-up
 * that may have to follow: with N = 6 and 4 spent, it waits 4/5 of the longest damping; with 5 spent for ever, that is,
 * until one of them is an hour old.
 *
 * @param startMs a slow start-up and one interval
 */
export function dampingMs(spent: number, reversalsPerHour: number, startMs: number): number {
  if (spent === 0) return 0;
  const allowed = reversalsPerHour - 1;
  if (spent >= allowed) return Number.POSITIVE_INFINITY;
  return (spent / allowed) * Math.min(LONGEST_DAMPING_MS, DAMPING_STARTUPS * startMs);
}
