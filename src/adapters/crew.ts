import type { WorkerId } from '../core/observation.ts';
import type { WorkerScaler } from './compose-adapter.ts';

/** The place of one worker that takes jobs from a queue by itself. */
export interface Seat {
  /** Epoch ms. */
  readonly startedAt: number;
  /** It takes jobs, or will as soon as those that it has have ended. */
  readonly isOpen: boolean;
  /** Jobs that it runs. */
  readonly jobs: number;
  /** Takes no more jobs; settles when those in flight have ended. */
  close(): Promise<void>;
  /** Takes jobs again. */
  reopen(): void;
  /** Asks the jobs in flight to end. */
  cancelJobs(reason: string): void;
}

/** Workers of a queue in this process. */
export interface Crew extends WorkerScaler {
  drainWorker(id: WorkerId, signal: AbortSignal): Promise<void>;
  /** Ends all workers, each after its jobs in flight. */
  close(): Promise<void>;
}

export interface CrewOptions {
  /** Begins the workers' ids. */
  readonly name: string;
  /** Jobs that one worker runs at once. */
  readonly slotsPerWorker: number;
  /** Settles when the worker takes jobs; aborted, nothing of it remains. */
  readonly open: (signal: AbortSignal) => Promise<Seat>;
}

export function crewOf({ name, slotsPerWorker, open }: CrewOptions): Crew {
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
      const ready = all.filter(([, { isOpen }]) => isOpen).length;
      const slots = all.reduce((sum, [, { jobs }]) => sum + Math.min(jobs, slotsPerWorker), 0);
      return {
        ready,
        starting,
        draining: all.length - ready,
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
        const seat = await open(signal);
        opened += 1;
        const id = `${name}-${opened}`;
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
