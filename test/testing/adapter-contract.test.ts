import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type {
  ReplicaPoolAdapter,
  StartRequest,
  StopRequest,
  WorkerPoolAdapter,
} from '../../src/core/adapter.ts';
import type { PoolObservation, WorkerId } from '../../src/core/observation.ts';
import {
  AdapterContractError,
  adapterContract,
  type ContractCheck,
} from '../../src/testing/adapter-contract.ts';
import { MemoryPool } from './memory-pool.ts';

interface Submitter {
  submit(durationMs: number): Promise<unknown>;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Pools on timers that cost no time. */
const wait = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));

async function namesOfFailed(checks: readonly ContractCheck[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of checks) {
    await run().catch((error: unknown) => {
      expect(error).toBeInstanceOf(AdapterContractError);
      failed.push(name);
    });
  }
  return failed;
}

const broken = (create: () => WorkerPoolAdapter & Submitter): Promise<string[]> =>
  namesOfFailed(
    adapterContract({
      create,
      submit: (pool, durationMs) => pool.submit(durationMs),
      timeoutMs: 1_000,
      wait,
    }),
  );

test('a sound adapter passes', async () => {
  expect(await broken(() => new MemoryPool())).toEqual([]);
});

const VALID_JOBS = 'observe gives valid numbers while jobs run and wait';
const TOTALS = 'totals never run back';
const TOTALS_JOBS = 'totals count each job once, and never run back';
const FIRST_JOB = 'a job that waits for a worker is run by the first one';
const STOP = 'stopWorker removes the worker';
const STOP_NOW = 'stopWorker at once removes the worker';
const GRACEFUL = 'a graceful stop waits for the jobs in flight';
const DRAIN = 'a drain finishes the jobs in flight and takes no new ones';
const DRAIN_ABORTED = 'an aborted drain takes work again';
const TWICE = 'stopping a worker twice, or one that never was, does not hang';
const VALID = 'observe gives valid numbers';
const READY = 'startWorker settles when the worker is ready, which counts from then on';
const BEFOREHAND = 'a start that is aborted beforehand leaves no worker behind';
const ON_ITS_WAY = 'a start that is aborted on its way leaves no worker behind';

/** Each breaks one rule; the checks that must notice. */
const BROKEN: readonly [string, () => MemoryPool, readonly string[]][] = [
  [
    'reports NaN',
    () =>
      new (class extends MemoryPool {
        override observe(): PoolObservation {
          return { ...super.observe(), queued: Number.NaN };
        }
      })(),
    [VALID, TOTALS, VALID_JOBS, FIRST_JOB, TOTALS_JOBS],
  ],
  [
    'reports busy jobs instead of busy workers',
    () =>
      new (class extends MemoryPool {
        override observe(): PoolObservation {
          const { busy, ...rest } = super.observe();
          return { ...rest, busy: busy * 4 };
        }
      })(),
    [VALID_JOBS, TOTALS_JOBS],
  ],
  [
    'counts starting workers as ready',
    () =>
      new (class extends MemoryPool {
        override observe(): PoolObservation {
          const { ready, starting = 0, ...rest } = super.observe();
          return { ...rest, ready: ready + starting, starting };
        }
      })(),
    [READY],
  ],
  [
    'settles a start before the worker is ready',
    () =>
      new (class extends MemoryPool {
        override async startWorker(request: StartRequest, signal: AbortSignal): Promise<WorkerId> {
          void super.startWorker(request, signal).catch(() => {});
          return this.lastId;
        }
      })(),
    [READY, BEFOREHAND],
  ],
  [
    'gives each worker the same id',
    () =>
      new (class extends MemoryPool {
        override async startWorker(request: StartRequest, signal: AbortSignal): Promise<WorkerId> {
          await super.startWorker(request, signal);
          return 'the worker';
        }
      })(),
    ['concurrent starts give a worker each', STOP, STOP_NOW, DRAIN, DRAIN_ABORTED, GRACEFUL],
  ],
  [
    'does not look at the signal of a start',
    () =>
      new (class extends MemoryPool {
        override startWorker(request: StartRequest): Promise<WorkerId> {
          return super.startWorker(request, new AbortController().signal);
        }
      })(),
    [BEFOREHAND, ON_ITS_WAY],
  ],
  [
    'rejects an aborted start, but starts the worker all the same',
    () =>
      new (class extends MemoryPool {
        override startWorker(request: StartRequest, signal: AbortSignal): Promise<WorkerId> {
          const start = super.startWorker(request, new AbortController().signal);
          if (signal.aborted) return Promise.reject(signal.reason);
          return new Promise((resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
            start.then(resolve, reject);
          });
        }
      })(),
    [BEFOREHAND, ON_ITS_WAY],
  ],
  [
    'hangs when an unknown worker is stopped',
    () =>
      new (class extends MemoryPool {
        override stopWorker(id: WorkerId, request: StopRequest): Promise<void> {
          return this.has(id) ? super.stopWorker(id, request) : new Promise(() => {});
        }
      })(),
    [TWICE],
  ],
  [
    'does not stop anything',
    () =>
      new (class extends MemoryPool {
        override async stopWorker(): Promise<void> {}
      })(),
    [STOP, STOP_NOW, GRACEFUL],
  ],
  [
    'stops at once what should be stopped gracefully',
    () =>
      new (class extends MemoryPool {
        override stopWorker(id: WorkerId, request: StopRequest): Promise<void> {
          return super.stopWorker(id, { ...request, graceful: false });
        }
      })(),
    [GRACEFUL],
  ],
  [
    'loses the jobs of a worker that is stopped',
    () =>
      new (class extends MemoryPool {
        protected override requeue(): void {}
      })(),
    ['a stop at once leaves no job without an answer'],
  ],
  [
    'settles a drain before the worker is idle',
    () =>
      new (class extends MemoryPool {
        override async drainWorker(id: WorkerId, signal: AbortSignal): Promise<void> {
          void super.drainWorker(id, signal).catch(() => {});
        }
      })(),
    [DRAIN, DRAIN_ABORTED],
  ],
  [
    'gives a draining worker new jobs',
    () =>
      new (class extends MemoryPool {
        protected override readonly drainedTakeJobs: boolean = true;
      })(),
    [DRAIN],
  ],
  [
    'goes on with a drain that is aborted',
    () =>
      new (class extends MemoryPool {
        protected override undrain(): void {}
      })(),
    [DRAIN_ABORTED],
  ],
  [
    'reports totals since the last look',
    () =>
      new (class extends MemoryPool {
        #last = 0;
        override observe(): PoolObservation {
          const { arrived = 0, ...rest } = super.observe();
          const sinceLast = arrived - this.#last;
          this.#last = arrived;
          return { ...rest, arrived: sinceLast, completed: 0, failed: 0 };
        }
      })(),
    [VALID_JOBS, TOTALS_JOBS],
  ],
  [
    'does not wake for a job at zero workers',
    () =>
      new (class extends MemoryPool {
        override subscribe(): () => void {
          return () => {};
        }
      })(),
    ['a job that arrives at zero workers wakes the controller'],
  ],
  [
    'cannot be unsubscribed',
    () =>
      new (class extends MemoryPool {
        override subscribe(wake: (reason: string) => void): () => void {
          super.subscribe(wake);
          return undefined as unknown as () => void;
        }
      })(),
    ['subscribe gives the function that unsubscribes'],
  ],
];

describe('an adapter fails the right checks when it', () => {
  test.each(BROKEN)('%s', async (_, create, expected) => {
    expect(await broken(create)).toEqual(expected);
  });
});

test('what an observation says wrong is said in the error', async () => {
  class Liar extends MemoryPool {
    override observe(): PoolObservation {
      return { ready: 1.5, busy: 4, queued: -1, slotsPerWorker: 0, arrived: 1, completed: 2 };
    }
  }
  const [check] = adapterContract<WorkerPoolAdapter>({ create: () => new Liar(), wait });
  await expect(check?.run()).rejects.toThrow(
    /ready is 1.5.*queued is -1.*slotsPerWorker is 0.*busy is 4.*2 completed and 0 failed jobs are more than the 1/,
  );
});

describe('adapters that are asked for a size', () => {
  class Replicas implements ReplicaPoolAdapter {
    #target = 1;
    #ready = 1;
    protected reaches(target: number): number {
      return target;
    }
    observe(): PoolObservation {
      this.#ready += Math.sign(this.reaches(this.#target) - this.#ready);
      return { ready: this.#ready, busy: 0, queued: 0 };
    }
    async scaleTo(size: number): Promise<void> {
      this.#target = size;
    }
  }
  const failedChecks = (create: () => ReplicaPoolAdapter): Promise<string[]> =>
    namesOfFailed(adapterContract({ kind: 'replicas', create, timeoutMs: 100, wait }));

  test('a sound one passes', async () => {
    expect(await failedChecks(() => new Replicas())).toEqual([]);
  });

  test('one that never shrinks does not', async () => {
    class OnlyUp extends Replicas {
      #most = 0;
      protected override reaches(target: number): number {
        this.#most = Math.max(this.#most, target);
        return this.#most;
      }
    }
    expect(await failedChecks(() => new OnlyUp())).toEqual([
      'scaleTo a smaller size is accepted, and reached',
    ]);
  });

  test('one that hangs does not', async () => {
    class Hangs extends Replicas {
      override scaleTo(): Promise<void> {
        return new Promise(() => {});
      }
    }
    expect(await failedChecks(() => new Hangs())).toHaveLength(6);
  });
});

test('without submit, checks that need jobs are left out; each adapter is disposed of', async () => {
  let live = 0;
  const checks = adapterContract<WorkerPoolAdapter>({
    create: () => {
      live += 1;
      return new MemoryPool();
    },
    dispose: () => {
      live -= 1;
    },
    wait,
  });
  expect(checks.map(({ name }) => name)).not.toContain('an aborted drain takes work again');
  expect(await namesOfFailed(checks)).toEqual([]);
  expect(live).toBe(0);
});
