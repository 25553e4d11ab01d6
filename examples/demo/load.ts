import { loadPattern, meanLoad, Random } from 'flyball/testing';

/** One job: when it arrives, and what it does. Milliseconds. */
export interface DemoJob {
  readonly at: number;
  readonly computeMs: number;
  readonly waitMs: number;
}

/** Mean time of a job in its worker: 3 ms of computing, and waiting for 50 to 250 ms. */
const SERVICE_MS = 153;

/** A day in small: a quiet night, a morning that rises, a spike at noon, an afternoon that falls. Erlangs. */
const SHAPE: readonly (readonly [share: number, load: number])[] = [
  [0, 1],
  [0.12, 1.5],
  [0.35, 5],
  [0.44, 5],
  [0.48, 10],
  [0.6, 10],
  [0.63, 4],
  [0.8, 3],
  [0.9, 1],
  [1, 1],
];

export interface DemoLoad {
  readonly jobs: readonly DemoJob[];
  /** Busy workers that the load keeps at a time, ms. */
  at(ms: number): number;
  readonly peak: number;
  readonly mean: number;
}

/** The same seconds and seed give the same jobs. */
export function demoLoad(seconds: number, seed = 1): DemoLoad {
  const points = SHAPE.map(([share, load]) => [share * seconds, load] as const);
  const pattern = loadPattern(points, { between: 'line' });
  const random = new Random(seed);
  const jobs: DemoJob[] = [];
  for (let at = 0; at < seconds * 1_000; at += random.exponential(SERVICE_MS / pattern.at(at))) {
    jobs.push({ at, computeMs: 3, waitMs: 50 + 200 * random.next() });
  }
  return {
    jobs,
    at: pattern.at,
    peak: Math.max(...SHAPE.map(([, load]) => load)),
    mean: SHAPE.slice(1).reduce((sum, [to], i) => {
      const from = (SHAPE[i] as (typeof SHAPE)[number])[0];
      return sum + (to - from) * meanLoad(pattern, from * seconds * 1_000, to * seconds * 1_000);
    }, 0),
  };
}
