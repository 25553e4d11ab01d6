import { atLeast, positive } from './check.ts';
import { neededWorkers } from './needed-workers.ts';

/** The cheapest plan of one who knows the whole load in advance but must wait for start-ups like everyone. */
export interface Oracle {
  readonly workerSeconds: number;
  /** Workers that are paid for in each step, start-ups included. */
  readonly sizes: Int32Array;
}

/**
 * Perfect knowledge with start-up delay. At any moment ⌈L + √L⌉ workers are needed. Each worker level (the first
 * worker, the second, …) is on while at least that many are needed; through a gap it is kept if that is shorter
 * than a start-up, else it is let go and pays one start-up before it is needed again. So a gap costs the smaller
 * of the two. What is needed at the very beginning is there already, as it is in a simulation.
 *
 * @param loads Load in busy-worker equivalents, one for each step.
 */
export function oracle(loads: ArrayLike<number>, stepMs: number, startupMs: number): Oracle {
  positive('stepMs', stepMs);
  atLeast('startupMs', startupMs, 0);
  const startupSteps = startupMs / stepMs;
  const sizes = new Int32Array(loads.length);
  /** Step from which on each level was not needed any more; index 0 is the first worker. */
  const endOfUse: number[] = [];
  let steps = 0;
  let before = 0;
  for (let at = 0; at < loads.length; at++) {
    const needed = neededWorkers(loads[at] as number);
    for (let level = needed; level < before; level++) endOfUse[level] = at;
    for (let level = before; level < needed; level++) {
      if (at === 0) continue;
      const gap = at - (endOfUse[level] ?? 0);
      const paid = Math.min(gap, startupSteps);
      steps += paid;
      for (let i = Math.max(0, at - Math.ceil(paid)); i < at; i++) sizes[i] = (sizes[i] as number) + 1;
    }
    steps += needed;
    sizes[at] = (sizes[at] as number) + needed;
    before = needed;
  }
  return { workerSeconds: (steps * stepMs) / 1000, sizes };
}

/** What a run cost against the oracle. Where no load was: 1 for a run that cost nothing, else infinity. */
export function costRatio(workerSeconds: number, oracleWorkerSeconds: number): number {
  return workerSeconds === oracleWorkerSeconds ? 1 : workerSeconds / oracleWorkerSeconds;
}

/**
 * One number for a run, lower is better: what it cost against the oracle, and ten times the share of work that
 * came late. 1.05 = 5% dearer than perfect with nothing late, or as dear with 0.5% late.
 */
export function score(run: {
  readonly workerSeconds: number;
  readonly oracleWorkerSeconds: number;
  /** Share of jobs that waited longer than the objective, 0..1. */
  readonly lateRatio: number;
}): number {
  return costRatio(run.workerSeconds, run.oracleWorkerSeconds) + 10 * run.lateRatio;
}
