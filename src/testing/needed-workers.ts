/**
 * Workers that a load needs: ⌈L + √L⌉, the square-root staffing rule with coefficient 1 (Halfin and Whitt,
 * "Heavy-Traffic Limits for Queues with Many Exponential Servers", 1981). 4 → 6, 100 → 110, 0 → 0.
 *
 * @param load In busy-worker equivalents (erlangs).
 */
export function neededWorkers(load: number): number {
  if (!(load > 0)) return 0;
  // A hair is taken off, so that a load computed as 4.000000000000001 needs 6 and not 7.
  return Math.ceil(load + Math.sqrt(load) - 1e-9);
}

/** The largest load that `workers` workers serve by the same rule: L + √L = workers. */
export function loadServedBy(workers: number): number {
  return ((Math.sqrt(1 + 4 * workers) - 1) / 2) ** 2;
}
