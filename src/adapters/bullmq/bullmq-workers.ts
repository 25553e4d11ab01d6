import type { Processor, Worker, WorkerOptions } from 'bullmq';
import type { WorkerId } from '../../core/observation.ts';
import { InvalidOptionError } from '../../errors.ts';
import type { WorkerScaler } from '../compose-adapter.ts';
import { hiring, Seat } from './seat.ts';

/** The options of a BullMQ `Worker`, for each of them. `concurrency` is the number of jobs that one runs at once. */
export interface BullmqWorkersOptions extends Omit<WorkerOptions, 'autorun'> {
  /** Called with each new worker, before it runs: the place to listen to its events. */
  readonly onWorker?: (worker: Worker) => void;
}

/** BullMQ workers in this process. */
export interface BullmqWorkers extends WorkerScaler {
  drainWorker(id: WorkerId, signal: AbortSignal): Promise<void>;
  /** Ends all workers, each after its jobs in flight. */
  close(): Promise<void>;
}

/** An hour of BullMQ's metrics, a point a minute; with them the queue's totals are exact. */
const METRICS = { maxDataPoints: 60 };

/**
 * Starts and stops BullMQ workers of one queue in this process; the arguments are those of `new Worker`.
 *
 * A worker is drained by closing it: it fetches nothing more and ends what it runs, so no job stalls or runs twice. Where
 * the drain is called off, a new worker takes its place when the jobs of the old one have ended. A stop that is not
 * graceful aborts the signal that the processor was given, and then waits too: a job in this process can be asked to
 * end, not be killed.
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
  const seats = new Map<WorkerId, Seat>();
  let starting = 0;
  let opened = 0;

  const end = async (id: WorkerId, seat: Seat): Promise<void> => {
    await seat.close();
    seats.delete(id);
  };

  return {
    observe() {
      const all = [...seats];
      const open = all.filter(([, { isOpen }]) => isOpen).length;
      const slots = all.reduce((sum, [, { jobs }]) => sum + Math.min(jobs, slotsPerWorker), 0);
      return {
        ready: open,
        starting,
        draining: all.length - open,
        busy: slots / slotsPerWorker,
        slotsPerWorker,
        workers: all.map(([id, { isOpen, jobs, startedAt }]) => ({
          id,
          state: isOpen ? 'ready' : 'draining',
          busy: jobs,
          startedAt,
        })),
      };
    },

    async startWorker(_request, signal) {
      starting += 1;
      try {
        const seat = await Seat.open(hire, signal);
        opened += 1;
        const id = `${queue}-${opened}`;
        seats.set(id, seat);
        return id;
      } finally {
        starting -= 1;
      }
    },

    drainWorker(id, signal) {
      const seat = seats.get(id);
      if (seat === undefined) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const resume = (): void => {
          seat.reopen();
          reject(signal.reason);
        };
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        signal.addEventListener('abort', resume, { once: true });
        seat
          .close()
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', resume));
      });
    },

    async stopWorker(id, { graceful, reason }) {
      const seat = seats.get(id);
      if (seat === undefined) return;
      if (!graceful) seat.cancelJobs(reason);
      await end(id, seat);
    },

    async close() {
      await Promise.all([...seats].map(([id, seat]) => end(id, seat)));
    },
  };
}
