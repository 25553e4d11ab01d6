import { Worker } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { threadFile } from '../thread-file.ts';

/** A fit of 28 days takes about half a second. */
const DEADLINE_MS = 60_000;

/** What is fitted: values on equal steps, NaN = not known. */
export interface FitJob {
  readonly history: Float64Array;
  /** Lengths of the seasons, in steps. */
  readonly periods: readonly number[];
  /** How many steps to forecast. */
  readonly steps: number;
}

/**
 * One fit of MSTL and ETS, off the loop. Its thread lives for that fit alone: half a second of work an hour deserves
 * no thread that stands by.
 */
export class Fit {
  /** The forecasts of the steps after the history; rejected with what went wrong. */
  readonly forecasts: Promise<Float64Array>;
  readonly #worker: Worker;

  constructor(job: FitJob) {
    const worker = new Worker(threadFile('augurs/fit-worker'), { workerData: job });
    this.#worker = worker;
    const answer = new Promise<Float64Array>((resolve, reject) => {
      worker.once('message', (forecasts: Float64Array) => {
        if (forecasts.length === job.steps && forecasts.every(Number.isFinite)) resolve(forecasts);
        else reject(new Error('the fit forecasts no numbers'));
      });
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the thread of the fit ended with code ${code}`)));
    });
    this.forecasts = Promise.resolve(withDeadline(systemClock, DEADLINE_MS, 'the fit', () => answer));
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
