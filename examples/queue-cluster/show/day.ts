import { loadPattern, Random } from 'flyball/testing';

/** One job: when it arrives, and how long it runs. Milliseconds. */
export interface DayJob {
  readonly at: number;
  readonly ms: number;
}

/** Mean time of a job in its worker: 250 to 550 ms. */
const SERVICE_MS = 400;

/** A day: hour, and jobs that run at once. The crowd comes within minutes, and nobody knows of it before. */
const HOURS: readonly (readonly [hour: number, load: number])[] = [
  [0, 3],
  [5, 2],
  [9, 18],
  [11.5, 20],
  [12.3, 10], // lunch
  [12.9, 10],
  [14, 19],
  [16, 18],
  [16.2, 34], // a flash crowd
  [17.4, 34],
  [17.8, 15],
  [21, 6],
  [24, 3],
];

/** The leader is killed as the load comes back from lunch. */
export const KILL_HOUR = 13;

/** Jobs that run at once at the busiest time. */
export const PEAK: number = Math.max(...HOURS.map(([, load]) => load));

export interface Day {
  readonly jobs: readonly DayJob[];
  /** Jobs that would run at once, `ms` after the beginning. */
  at(ms: number): number;
}

/** A day in some seconds, the same jobs each time. */
export function day(seconds: number): Day {
  const points = HOURS.map(([hour, load]) => [(hour / 24) * seconds, load] as const);
  const { at } = loadPattern(points, { between: 'line' });
  const random = new Random(1);
  const jobs: DayJob[] = [];
  for (let ms = 0; ms < seconds * 1_000; ms += random.exponential(SERVICE_MS / at(ms))) {
    jobs.push({ at: ms, ms: Math.round(250 + 300 * random.next()) });
  }
  return { jobs, at };
}

/** `13:05` */
export function timeOfDay(ms: number, seconds: number): string {
  const minutes = Math.min(1_440, Math.floor((ms / (seconds * 1_000)) * 1_440));
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
