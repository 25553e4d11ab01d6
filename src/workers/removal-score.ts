import type { WorkerId, WorkerObservation } from '../core/observation.ts';

/** What the workers of a pool are compared with. */
export interface RemovalScale {
  /** Epoch ms. */
  readonly now: number;
  /** Age of the oldest candidate, ms. */
  readonly oldestMs: number;
  /** Memory of the largest candidate, bytes. */
  readonly largestBytes: number;
}

/**
 * How well a worker suits to be removed, 0..15; the highest goes first:
 *
 * | it is …   | points                     |
 * | --------- | -------------------------- |
 * | idle      | 8                          |
 * | unhealthy | 4                          |
 * | old       | 2 × age / oldest age       |
 * | large     | 1 × memory / largest memory |
 *
 * Idle outweighs all the rest (4 + 2 + 1 = 7) and unhealthy outweighs age and memory (3); between these two, age
 * counts double. So an idle healthy worker goes before a busy unhealthy one: its removal costs no one anything.
 * What the host does not report scores nothing, but for `busy`: a worker without it counts as idle.
 */
export function removalScore(worker: WorkerObservation, scale: RemovalScale): number {
  let score = isIdle(worker) ? 8 : 0;
  if (worker.healthy === false) score += 4;
  if (scale.oldestMs > 0) score += (2 * ageMs(worker, scale.now)) / scale.oldestMs;
  if (scale.largestBytes > 0) score += (worker.memoryBytes ?? 0) / scale.largestBytes;
  return score;
}

/** The `count` best to remove, best first. Equals keep the order in which the host lists them. */
export function chooseForRemoval(
  candidates: readonly WorkerObservation[],
  count: number,
  now: number,
): WorkerId[] {
  let oldestMs = 0;
  let largestBytes = 0;
  for (const worker of candidates) {
    oldestMs = Math.max(oldestMs, ageMs(worker, now));
    largestBytes = Math.max(largestBytes, worker.memoryBytes ?? 0);
  }
  const scale = { now, oldestMs, largestBytes };
  return candidates
    .map((worker) => ({ id: worker.id, score: removalScore(worker, scale) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ id }) => id);
}

export function isIdle(worker: WorkerObservation): boolean {
  return !worker.busy; // 0, false and not reported
}

function ageMs(worker: WorkerObservation, now: number): number {
  return worker.startedAt === undefined ? 0 : Math.max(0, now - worker.startedAt);
}
