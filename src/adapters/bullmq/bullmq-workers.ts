import type { Processor, Worker, WorkerOptions } from 'bullmq';
import { InvalidOptionError } from '../../errors.ts';
import { type Crew, crewOf } from '../crew.ts';
import { BullmqSeat, hiring } from './bullmq-seat.ts';

/** The options of a BullMQ `Worker`, for each of them. `concurrency` is the number of jobs that one runs at once. */
export interface BullmqWorkersOptions extends Omit<WorkerOptions, 'autorun'> {
  /** Called with each new worker, before it runs: the place to listen to its events. */
  readonly onWorker?: (worker: Worker) => void;
}

/** BullMQ workers in this process. */
export interface BullmqWorkers extends Crew {}

/** An hour of BullMQ's metrics, a point a minute; with them the queue's totals are exact. */
const METRICS = { maxDataPoints: 60 };

/**
 * Starts and stops BullMQ workers of one queue in this process; the arguments are those of `new Worker`.
 *
 * A worker is drained by closing it: it fetches nothing more and ends what it runs, so no job stalls or runs twice.
 * Where the drain is called off, a new worker takes its place when the jobs of the old one have ended. A stop that is
 * not graceful aborts the signal that the processor was given, and then waits too: a job in this process can be asked
 * to end, not be killed.
 */
export function bullmqWorkers(
  queue: string,
  // biome-ignore lint/suspicious/noExplicitAny: as BullMQ's own signature, so that any job type fits.
  processor: string | URL | Processor<any, any, string>,
  options: BullmqWorkersOptions,
): BullmqWorkers {
  const { onWorker = () => {}, ...workerOptions } = options;
  const { concurrency: slotsPerWorker = 1 } = options;
  if (!(Number.isSafeInteger(slotsPerWorker) && slotsPerWorker >= 1)) {
    throw new InvalidOptionError('concurrency', 'must be a whole number of at least 1', slotsPerWorker);
  }
  const hire = hiring(queue, processor, { metrics: METRICS, ...workerOptions }, onWorker);
  return crewOf({ name: queue, slotsPerWorker, open: (signal) => BullmqSeat.open(hire, signal) });
}
