import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ChildProcessPool,
  type ChildProcessPoolOptions,
  type PoolFault,
  serve,
  WorkerLostError,
  WorkerStartError,
} from '../../src/adapters/child-process.ts';
import { InvalidOptionError } from '../../src/errors.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const jsonLines = { command: process.execPath, args: [fixture('json-lines-worker.mjs')], onStderr: () => {} };
const ipc = { file: fixture('ipc-worker.mjs') };

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.log('python3 is not on this machine: its tests are skipped');

const pools: ChildProcessPool[] = [];

async function poolOf(size: number, options: ChildProcessPoolOptions): Promise<ChildProcessPool> {
  const pool = new ChildProcessPool(options);
  pools.push(pool);
  await Promise.all(Array.from({ length: size }, () => pool.startWorker()));
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ timeoutMs: 0 })));
});

const echo = (value: unknown): object => ({ do: 'echo', value });

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A worker that died 3 times must not be held to be the fault of its job in tests that kill on purpose. */
const STEADFAST = { maxAttempts: 100 };

describe.each([
  ['over IPC', ipc],
  ['over JSON lines', jsonLines],
])('%s', (_, options) => {
  test('jobs settle with their result or their error', async () => {
    const pool = await poolOf(1, options);
    await expect(pool.run(echo({ deep: [1, null, 'ü'] }))).resolves.toEqual({ deep: [1, null, 'ü'] });
    await expect(pool.run({ do: 'throw', message: 'too far' })).rejects.toThrow('too far');
    expect(pool.observe()).toMatchObject({ arrived: 2, completed: 1, failed: 1, ready: 1, busy: 0 });
  });

  test('kill -9 in the middle: every job settles once, none is lost', async () => {
    const pool = await poolOf(2, { ...options, ...STEADFAST });
    let settled = 0;
    const jobs = Array.from({ length: 40 }, (_, n) =>
      pool.run({ do: 'sleep', ms: 5, value: n }).finally(() => {
        settled += 1;
      }),
    );
    for (let kills = 0; kills < 3; kills += 1) {
      const pid = (await pool.run({ do: 'pid' })) as number;
      process.kill(pid, 'SIGKILL');
      await pool.startWorker();
    }
    await expect(Promise.all(jobs)).resolves.toEqual(Array.from({ length: 40 }, (_, n) => n));
    expect(settled).toBe(40);
    expect(pool.observe()).toMatchObject({ arrived: 43, completed: 43, failed: 0, queued: 0 });
  });

  test('a child that exits with a job rejects it when it shall not run again', async () => {
    const pool = await poolOf(1, { ...options, onWorkerCrash: 'reject' });
    const error = await pool.run({ do: 'exit', code: 5 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerLostError);
    expect((error as Error).message).toContain('exited with code 5');
  });

  test('a large job waits for the channel, and the ones behind it too', async () => {
    const pool = await poolOf(1, { ...options, slotsPerWorker: 100 });
    const ballast = 'x'.repeat(1_000_000);
    const jobs = Array.from({ length: 10 }, (_, n) => pool.run({ do: 'size', ballast, n }));
    expect(pool.observe().queued).toBeGreaterThan(0);
    const sizes = (await Promise.all(jobs)) as number[];
    expect(Math.min(...sizes)).toBeGreaterThan(1_000_000);
  });

  test('a job that cannot be serialised is rejected alone', async () => {
    const pool = await poolOf(1, options);
    const circular: { self?: unknown } = {};
    circular.self = options === ipc ? () => {} : circular;
    await expect(pool.run(circular)).rejects.toThrow(/cloned|circular/i);
    await expect(pool.run(echo(1))).resolves.toBe(1);
  });

  test('buffers cannot be handed over', async () => {
    const pool = await poolOf(0, options);
    expect(() => pool.run(echo(1), { transferList: [] })).toThrow(InvalidOptionError);
  });

  test.runIf(process.platform === 'linux')(
    'memory is observed, and no process is left after close',
    async () => {
      const pool = await poolOf(1, options);
      expect(pool.observe().workers?.[0]?.memoryBytes).toBeGreaterThan(10_000_000);
      const pid = (await pool.run({ do: 'pid' })) as number;
      expect(isAlive(pid)).toBe(true);
      await pool.close();
      expect(isAlive(pid)).toBe(false);
    },
  );
});

describe('starting and stopping', () => {
  test('a command that is not there', async () => {
    const pool = await poolOf(0, { command: 'no-such-command-of-flyball' });
    await expect(pool.startWorker()).rejects.toBeInstanceOf(WorkerStartError);
    await expect(pool.startWorker()).rejects.toThrow('ENOENT');
    expect(pool.observe().workers).toEqual([]);
  });

  test('a worker that ends before it is ready says why', async () => {
    const pool = await poolOf(0, { ...jsonLines, env: { LAST_WORDS: 'no GPU found' } });
    await expect(pool.startWorker()).rejects.toThrow('exited with code 3, saying: no GPU found');
  });

  test('an aborted start leaves no process', async () => {
    const pool = await poolOf(0, { ...ipc, env: { START_MS: '60000' } });
    await expect(pool.startWorker({}, AbortSignal.timeout(30))).rejects.toThrow('timeout');
    await vi.waitFor(() => expect(pool.observe().workers).toEqual([]));
  });

  test('SIGTERM that is not heard is followed by SIGKILL', async () => {
    const pool = await poolOf(1, { ...ipc, env: { DEAF: '1' }, stopGraceMs: 50 });
    const pid = (await pool.run({ do: 'pid' })) as number;
    const before = performance.now();
    const [worker] = pool.observe().workers ?? [];
    await pool.stopWorker(worker?.id as string);
    expect(performance.now() - before).toBeGreaterThanOrEqual(49);
    expect(isAlive(pid)).toBe(false);
  });

  test('a child that closes its channel is of no use, and its job runs elsewhere', async () => {
    const pool = await poolOf(2, { ...jsonLines, maxAttempts: 1 });
    await expect(pool.run({ do: 'close-stdout' })).rejects.toBeInstanceOf(WorkerLostError);
    await expect(pool.run(echo('on the other'))).resolves.toBe('on the other');
    expect(pool.observe().ready).toBe(1);
  });
});

describe('JSON lines', () => {
  test('answers in pieces, cut in the middle of a letter', async () => {
    const pool = await poolOf(1, jsonLines);
    await expect(pool.run({ do: 'in-pieces' })).resolves.toBe('grün ✓');
  });

  test('lines that are no messages are reported, and do no harm', async () => {
    const faults: PoolFault[] = [];
    const pool = await poolOf(1, {
      ...jsonLines,
      env: { CHATTY: '1' },
      onFault: (fault) => faults.push(fault),
    });
    await expect(pool.run({ do: 'answer-nonsense' })).resolves.toBeUndefined();
    expect(faults.map(({ message }) => message)).toEqual([
      'worker process-1 sent a line that is not JSON: loading the model …',
      'worker process-1 sent a line that is not JSON: [1, 2',
      'worker process-1 answered job 4711, which it does not run',
      'worker process-1 sent what is no message: {"type":"hello"}',
      'worker process-1 sent what is no message: null',
    ]);
    expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['invalid-message']));
  });

  test('stderr is passed on', async () => {
    const heard: string[] = [];
    await poolOf(1, { ...jsonLines, onStderr: (text, worker) => heard.push(`${worker}: ${text}`) });
    await vi.waitFor(() => expect(heard).toEqual(['process-1: worker process-1 is up\n']));
  });

  test.skipIf(!hasPython)('a worker in Python', async () => {
    const faults: PoolFault[] = [];
    const python: ChildProcessPoolOptions = {
      command: 'python3',
      args: [fixture('worker.py')],
      onFault: (fault) => faults.push(fault),
    };
    const pool = await poolOf(2, python);
    const squares = Array.from({ length: 20 }, (_, x) => pool.run({ do: 'square', x }));
    await expect(Promise.all(squares)).resolves.toEqual(Array.from({ length: 20 }, (_, x) => x ** 2));
    await expect(pool.run({ do: 'throw', message: 'no' })).rejects.toMatchObject({
      name: 'ValueError',
      message: 'no',
    });
    await expect(pool.run({ do: 'print' })).resolves.toBe('printed');
    expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining('this is not JSON')]);
    const killer = pool.run({ do: 'exit', code: 1 }).catch((error: unknown) => error);
    await pool.startWorker();
    await pool.startWorker();
    expect(await killer).toBeInstanceOf(WorkerLostError);
    await expect(pool.run({ do: 'square', x: 12 })).resolves.toBe(144);
  });
});

describe('serve', () => {
  test('in a real process: warm-up, jobs, errors, clean-up on SIGTERM', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flyball-'));
    const env = { FAREWELL: join(folder, 'farewell') };
    const pool = await poolOf(1, { file: fixture('serve-process.mjs'), env });
    await expect(pool.run({ do: 'ask' })).resolves.toEqual({ warm: true });
    await expect(pool.run({ do: 'throw', message: 'no' })).rejects.toMatchObject({
      name: 'RangeError',
      code: 'E_JOB',
    });
    const abort = new AbortController();
    const job = pool.run({ do: 'sleep', ms: 60_000 }, { signal: abort.signal });
    abort.abort(new Error('never mind'));
    await expect(job).rejects.toThrow('never mind');
    await pool.close();
    expect(existsSync(env.FAREWELL) && readFileSync(env.FAREWELL, 'utf8')).toBe('cleaned up');
    rmSync(folder, { recursive: true });
  });

  test('an emergency start skips the warm-up', async () => {
    const pool = await poolOf(0, { file: fixture('serve-process.mjs'), env: { FAREWELL: '/dev/null' } });
    await pool.startWorker({ skipWarmup: true });
    await expect(pool.run({ do: 'ask' })).resolves.toEqual({ warm: false });
  });

  test('refuses a process without a channel', () => {
    const send = process.send;
    delete process.send;
    try {
      expect(() => serve(() => 1)).toThrow('IPC channel');
    } finally {
      if (send) process.send = send;
    }
  });
});

test('a program that closes its pools ends by itself, with nothing left open', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fixture('pool-script.mjs')], {
    encoding: 'utf8',
    timeout: 15_000,
  });
  expect({ status, stderr, lines: stdout.trim().split('\n') }).toEqual({
    status: 0,
    stderr: '',
    lines: ['[1,2,"aborted"]', '[1,2,"aborted"]', '[1,2,"aborted"]', 'resources:'],
  });
});

test.each<[string, object]>([
  ['file', {}],
  ['file', { file: 'a.mjs', command: 'node' }],
  ['protocol', { command: 'node', protocol: 'http' }],
  ['slotsPerWorker', { command: 'node', slotsPerWorker: -1 }],
])('%s is checked: %j', (field, options) => {
  const make = (): unknown => new ChildProcessPool(options as ChildProcessPoolOptions);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(field);
});
