import { getEventListeners } from 'node:events';
import { MessageChannel, type Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  PoolClosedError,
  type PoolFault,
  serve,
  WorkerLostError,
  WorkerStartError,
  WorkerThreadsPool,
  type WorkerThreadsPoolOptions,
} from '../../src/adapters/worker-threads.ts';
import { InvalidOptionError } from '../../src/errors.ts';

const fixture = (name: string): URL => new URL(`../fixtures/${name}`, import.meta.url);
const pools: WorkerThreadsPool[] = [];

async function poolOf(
  size: number,
  options: Partial<WorkerThreadsPoolOptions> = {},
): Promise<WorkerThreadsPool> {
  const pool = new WorkerThreadsPool({ file: fixture('thread-worker.mjs'), ...options });
  pools.push(pool);
  await Promise.all(Array.from({ length: size }, () => pool.startWorker()));
  return pool;
}

/** Every thread of this process, as somebody from outside would find it. */
const threads: Worker[] = [];
const onWorker = (worker: Worker): void => void threads.push(worker);
beforeAll(() => void process.on('worker', onWorker));
afterAll(() => void process.off('worker', onWorker));

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ timeoutMs: 0 })));
});

const echo = (value: unknown): object => ({ do: 'echo', value });
const sleepFor = (ms: number, value?: unknown): object => ({ do: 'sleep', ms, value });

describe('jobs', () => {
  test('a job settles with the result, or with the error that the handler threw', async () => {
    const pool = await poolOf(1);
    await expect(pool.run(echo(new Map([['a', 1]])))).resolves.toEqual(new Map([['a', 1]]));
    await expect(pool.run({ do: 'throw', message: 'too far' })).rejects.toMatchObject({
      name: 'RangeError',
      message: 'too far',
      code: 'E_JOB',
    });
    expect(pool.observe()).toMatchObject({ arrived: 2, completed: 1, failed: 1, busy: 0, queued: 0 });
  });

  test('first come, first served', async () => {
    const pool = await poolOf(1);
    const ends: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => pool.run(echo(n)).then((value) => ends.push(value as number))));
    expect(ends).toEqual([1, 2, 3, 4]);
  });

  test('a worker with 3 slots runs 3 jobs at once; busy counts workers', async () => {
    const pool = await poolOf(1, { slotsPerWorker: 3 });
    const jobs = [1, 2, 3, 4].map(() => pool.run(sleepFor(30)));
    expect(pool.observe()).toMatchObject({ ready: 1, busy: 1, queued: 1, slotsPerWorker: 3 });
    await Promise.all(jobs.slice(0, 3));
    expect(pool.observe().busy).toBeCloseTo(1 / 3);
    await jobs[3];
  });

  test('jobs go to the worker with the most room', async () => {
    const pool = await poolOf(2, { slotsPerWorker: 4 });
    const jobs = [1, 2, 3, 4].map(() => pool.run(sleepFor(20)));
    expect(pool.observe().workers?.map(({ busy }) => busy)).toEqual([2, 2]);
    await Promise.all(jobs);
  });

  test('times are measured', async () => {
    const pool = await poolOf(1);
    await Promise.all([pool.run(sleepFor(40)), pool.run(sleepFor(40))]);
    const { waitTimeMs = 0, serviceTimeMs = 0, responseTimeMs = 0 } = pool.observe();
    expect(serviceTimeMs).toBeGreaterThan(35);
    expect(waitTimeMs).toBeGreaterThan(15);
    expect(responseTimeMs).toBeCloseTo(waitTimeMs + serviceTimeMs, 0);
  });

  test('a job that cannot be cloned is rejected alone', async () => {
    const pool = await poolOf(1);
    await expect(pool.run({ do: 'echo', value: () => {} })).rejects.toThrow('could not be cloned');
    await expect(pool.run(echo('next'))).resolves.toBe('next');
    expect(pool.observe()).toMatchObject({ arrived: 2, completed: 1, failed: 1 });
  });

  test('buffers are handed over, not copied', async () => {
    const pool = await poolOf(1);
    const buffer = new ArrayBuffer(1024);
    await expect(pool.run({ do: 'byteLength', buffer }, { transferList: [buffer] })).resolves.toBe(1024);
    expect(buffer.byteLength).toBe(0);
  });
});

describe('abort', () => {
  const reason = new Error('never mind');

  test('a waiting job leaves the queue', async () => {
    const pool = await poolOf(0);
    const abort = new AbortController();
    const job = pool.run(echo(1), { signal: abort.signal });
    expect(pool.observe().queued).toBe(1);
    abort.abort(reason);
    await expect(job).rejects.toBe(reason);
    expect(pool.observe()).toMatchObject({ queued: 0, arrived: 1, failed: 0 });
  });

  test('a running job is told, and its slot is free when it ends', async () => {
    const pool = await poolOf(1);
    const abort = new AbortController();
    const job = pool.run(sleepFor(60_000), { signal: abort.signal });
    abort.abort(reason);
    await expect(job).rejects.toBe(reason);
    await expect(pool.run(echo('next'))).resolves.toBe('next');
    expect(pool.observe()).toMatchObject({ ready: 1, completed: 1, failed: 0 });
  });

  test('a job that does not listen keeps its slot to its end; its result is dropped', async () => {
    const pool = await poolOf(1);
    const abort = new AbortController();
    const job = pool.run({ do: 'stubborn', ms: 60 }, { signal: abort.signal });
    abort.abort(reason);
    await expect(job).rejects.toBe(reason);
    expect(pool.observe().busy).toBe(1);
    await pool.run(echo('next'));
    expect(pool.observe()).toMatchObject({ busy: 0, completed: 1 });
  });

  test('a worker whose aborted job never ends is replaced, after its other jobs', async () => {
    const faults: PoolFault[] = [];
    const pool = await poolOf(1, {
      slotsPerWorker: 2,
      abortGraceMs: 20,
      onFault: (fault) => faults.push(fault),
    });
    const abort = new AbortController();
    const job = pool.run({ do: 'untold' }, { signal: abort.signal });
    const other = pool.run(sleepFor(120, 'unharmed'));
    abort.abort(reason);
    await expect(job).rejects.toBe(reason);
    await vi.waitFor(() => expect(pool.observe()).toMatchObject({ ready: 0, draining: 1 }));
    await expect(other).resolves.toBe('unharmed');
    await vi.waitFor(() => expect(pool.observe().workers).toEqual([]));
    expect(faults.map(({ code }) => code)).toEqual(['worker-stuck']);
  });

  test('jobs under one signal cost it one listener, and none when they are done', async () => {
    const pool = await poolOf(1);
    const batch = new AbortController();
    const jobs = [1, 2, 3].map((n) => pool.run(echo(n), { signal: batch.signal }));
    expect(getEventListeners(batch.signal, 'abort')).toHaveLength(1);
    await Promise.all(jobs);
    expect(getEventListeners(batch.signal, 'abort')).toHaveLength(0);
    const more = [1, 2, 3].map((n) => expect(pool.run(sleepFor(60_000, n), batch)).rejects.toBe(reason));
    batch.abort(reason);
    await Promise.all(more);
    expect(pool.observe()).toMatchObject({ arrived: 6, completed: 3, queued: 0 });
  });

  test('a signal that is aborted already', async () => {
    const pool = await poolOf(1);
    await expect(pool.run(echo(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(pool.observe().arrived).toBe(0);
  });
});

describe('a worker that dies', () => {
  test('its job runs again on another one', async () => {
    const faults: PoolFault[] = [];
    const pool = await poolOf(1, { onFault: (fault) => faults.push(fault) });
    const job = pool.run(sleepFor(30, 'second run'));
    await threads.at(-1)?.terminate();
    expect(pool.observe()).toMatchObject({ ready: 0, busy: 0, queued: 1 });
    await pool.startWorker();
    await expect(job).resolves.toBe('second run');
    expect(faults).toMatchObject([
      {
        code: 'worker-crashed',
        worker: 'thread-1',
        message: expect.stringContaining('1 of its 1 jobs run again'),
      },
    ]);
  });

  test('a job that kills each worker is rejected after maxAttempts', async () => {
    const pool = await poolOf(2, { maxAttempts: 2 });
    const error = await pool.run({ do: 'exit', code: 9 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error).toMatchObject({ crashes: 2, message: expect.stringContaining('the last of 2 attempts') });
    expect(pool.observe()).toMatchObject({ ready: 0, arrived: 1, failed: 1 });
  });

  test('with onWorkerCrash reject its jobs are rejected at once, with the cause', async () => {
    const pool = await poolOf(1, { onWorkerCrash: 'reject' });
    const error = await pool.run({ do: 'crash' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerLostError);
    expect((error as Error).message).toContain('a bug outside of the handler');
  });

  test('a job whose buffers went with the worker is rejected', async () => {
    const pool = await poolOf(2);
    const buffer = new ArrayBuffer(8);
    const job = pool.run({ do: 'exit', code: 1, buffer }, { transferList: [buffer] });
    await expect(job).rejects.toThrow('buffers');
  });

  test('its jobs return to the front of the queue, in their order', async () => {
    const pool = await poolOf(1, { slotsPerWorker: 2 });
    const order: string[] = [];
    const jobs = ['a', 'b', 'c'].map(async (name) => {
      await pool.run({ do: 'spin', ms: 20, name });
      order.push(name);
    });
    await threads.at(-1)?.terminate();
    expect(pool.observe().queued).toBe(3);
    await pool.startWorker();
    await Promise.all(jobs);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  test('terminated from outside in the middle: every job settles once, none is lost', async () => {
    const pool = await poolOf(3);
    let settled = 0;
    const jobs = Array.from({ length: 60 }, (_, n) =>
      pool.run(sleepFor(5, n)).finally(() => {
        settled += 1;
      }),
    );
    for (let kills = 0; kills < 5; kills += 1) {
      await new Promise((resolve) => setTimeout(resolve, 15));
      await threads.at(-1)?.terminate();
      await pool.startWorker();
    }
    await expect(Promise.all(jobs)).resolves.toEqual(Array.from({ length: 60 }, (_, n) => n));
    expect(settled).toBe(60);
    expect(pool.observe()).toMatchObject({ arrived: 60, completed: 60, failed: 0, queued: 0, busy: 0 });
  });
});

describe('starting and stopping', () => {
  test('a worker that cannot start', async () => {
    const pool = await poolOf(0, { worker: { env: { START_FAILS: '1' } } });
    const start = pool.startWorker();
    expect(pool.observe().starting).toBe(1);
    await expect(start).rejects.toBeInstanceOf(WorkerStartError);
    await expect(pool.startWorker()).rejects.toThrow('cannot start');
    expect(pool.observe()).toMatchObject({ ready: 0, starting: 0, workers: [] });
  });

  test('a file that is not there', async () => {
    const pool = await poolOf(0, { file: fixture('no-such-worker.mjs') });
    await expect(pool.startWorker()).rejects.toThrow(/no-such-worker/);
  });

  test('the worker finds its id in its environment', async () => {
    const pool = await poolOf(0);
    const id = await pool.startWorker({ skipWarmup: true });
    await expect(pool.run({ do: 'env', name: 'FLYBALL_WORKER_ID' })).resolves.toBe(id);
    await expect(pool.run({ do: 'env', name: 'FLYBALL_SKIP_WARMUP' })).resolves.toBe('1');
  });

  test('a stop cancels the start of a worker', async () => {
    const pool = await poolOf(0, { worker: { env: { START_MS: '5000' } } });
    const start = pool.startWorker();
    const failed = expect(start).rejects.toThrow('no longer needed');
    const [worker] = pool.observe().workers ?? [];
    await pool.stopWorker(worker?.id as string, { reason: 'no longer needed' });
    await failed;
    expect(pool.observe().workers).toEqual([]);
  });

  test('an abort ends the waiting for a graceful stop, not the stop', async () => {
    const pool = await poolOf(1);
    const job = pool.run(sleepFor(60, 'finished'));
    const [worker] = pool.observe().workers ?? [];
    await expect(pool.stopWorker(worker?.id as string, {}, AbortSignal.timeout(10))).rejects.toThrow();
    await expect(job).resolves.toBe('finished');
    await vi.waitFor(() => expect(pool.observe().workers).toEqual([]));
  });

  test('stopped at once, its job runs again and no attempt is counted', async () => {
    const pool = await poolOf(1, { maxAttempts: 1 });
    const job = pool.run(sleepFor(50, 'second run'));
    const [worker] = pool.observe().workers ?? [];
    await pool.stopWorker(worker?.id as string, { graceful: false });
    expect(pool.observe()).toMatchObject({ ready: 0, queued: 1 });
    await pool.startWorker();
    await expect(job).resolves.toBe('second run');
  });
});

describe('wake', () => {
  test('when a job comes at zero workers, when the queue doubles, when a worker dies', async () => {
    const pool = await poolOf(0);
    const reasons: string[] = [];
    const unsubscribe = pool.subscribe((reason) => reasons.push(reason));
    const jobs = [1, 2, 3, 4, 5].map((n) => pool.run(echo(n)));
    expect(reasons).toEqual([1, 2, 4].map((n) => `${n} jobs wait for 0 slots`));
    await pool.startWorker();
    await Promise.all(jobs);
    await pool.run({ do: 'exit', code: 1 }, { transferList: [] }).catch(() => {});
    expect(reasons.at(-1)).toBe('worker thread-1 died, 0 jobs wait');
    unsubscribe();
    const last = pool.run(echo(6));
    expect(reasons).toHaveLength(4);
    await pool.startWorker();
    await last;
  });

  test('a listener that throws does not bring a job down', async () => {
    const faults: PoolFault[] = [];
    const pool = await poolOf(0, { onFault: (fault) => faults.push(fault) });
    pool.subscribe(() => {
      throw new Error('listener');
    });
    const job = pool.run(echo(1));
    await pool.startWorker();
    await expect(job).resolves.toBe(1);
    expect(faults.map(({ code }) => code)).toEqual(['listener-failed']);
  });
});

describe('close', () => {
  test('ends what is there, takes nothing new', async () => {
    const pool = await poolOf(1);
    const jobs = [pool.run(sleepFor(20, 'running')), pool.run(echo('waiting'))];
    const closed = pool.close();
    await expect(pool.run(echo('late'))).rejects.toBeInstanceOf(PoolClosedError);
    await expect(pool.startWorker()).rejects.toBeInstanceOf(PoolClosedError);
    await expect(Promise.all(jobs)).resolves.toEqual(['running', 'waiting']);
    await closed;
    await pool.close();
    expect(pool.observe()).toMatchObject({ ready: 0, draining: 0, queued: 0, workers: [] });
  });

  test('jobs that no worker is left for are rejected', async () => {
    const pool = await poolOf(0);
    const job = pool.run(echo('never'));
    const rejected = expect(job).rejects.toBeInstanceOf(PoolClosedError);
    await pool.close();
    await rejected;
  });

  test('after its time it rejects what still runs; a second call may shorten it', async () => {
    const pool = await poolOf(1);
    const jobs = [pool.run(sleepFor(60_000)), pool.run(echo('waiting'))].map((job) =>
      expect(job).rejects.toThrow('did not end within 20 ms'),
    );
    const closed = pool.close();
    await pool.close({ timeoutMs: 20 });
    await closed;
    await Promise.all(jobs);
  });

  test('a start on its way is cancelled', async () => {
    const pool = await poolOf(0, { worker: { env: { START_MS: '5000' } } });
    const start = expect(pool.startWorker()).rejects.toBeInstanceOf(PoolClosedError);
    await pool.close();
    await start;
  });

  test('await using', async () => {
    const pool = await poolOf(1);
    await pool[Symbol.asyncDispose]();
    expect(pool.observe().workers).toEqual([]);
  });
});

describe('serve', () => {
  test('in a real thread', async () => {
    const pool = await poolOf(0, { file: fixture('serve-thread.mjs') });
    const id = await pool.startWorker();
    await expect(pool.run({ do: 'ask' })).resolves.toMatchObject({ warm: true });
    await expect(pool.run({ do: 'throw', message: 'no' })).rejects.toMatchObject({
      name: 'RangeError',
      message: 'no',
    });
    await expect(pool.run({ do: 'uncloneable' })).rejects.toThrow('could not be cloned');
    expect(pool.observe().workers?.[0]?.memoryBytes).toBeGreaterThan(100_000);
    await pool.stopWorker(id);
  });

  test('says ready after its warm-up, tells handlers of aborts, and cleans up', async () => {
    const { port1, port2 } = new MessageChannel();
    const seen: unknown[] = [];
    const next = (): Promise<unknown> => new Promise((resolve) => port1.once('message', resolve));
    const log: string[] = [];
    const ready = next();
    serve(
      (_job, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
      { port: port2, warmUp: () => void log.push('warm'), onStop: () => void log.push('stopped') },
    );
    seen.push(await ready);
    expect(seen).toEqual([{ type: 'ready', stops: true }]);
    const answer = next();
    port1.postMessage({ type: 'job', id: 1, job: {} });
    port1.postMessage({ type: 'cancel', id: 1 });
    expect(await answer).toMatchObject({ type: 'failed', id: 1, error: { message: 'aborted' } });
    const closed = new Promise((resolve) => port1.once('close', resolve));
    port1.postMessage({ type: 'stop' });
    await closed;
    expect(log).toEqual(['warm', 'stopped']);
  });

  test('refuses to run in the main thread', () => {
    expect(() => serve(() => 1, {})).toThrow(/worker thread|port/);
  });
});

test.each<[string, object]>([
  ['file', { file: 7 }],
  ['slotsPerWorker', { slotsPerWorker: 0 }],
  ['slotsPerWorker', { slotsPerWorker: 1.5 }],
  ['maxAttempts', { maxAttempts: Number.NaN }],
  ['onWorkerCrash', { onWorkerCrash: 'ignore' }],
  ['stopGraceMs', { stopGraceMs: -1 }],
  ['abortGraceMs', { abortGraceMs: '5' }],
  ['onFault', { onFault: 'console' }],
])('%s is checked: %j', (field, options) => {
  const make = (): unknown =>
    new WorkerThreadsPool({ file: 'worker.mjs', ...options } as WorkerThreadsPoolOptions);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(field);
});
