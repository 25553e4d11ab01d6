import { setMaxListeners } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { composeAdapter, type WorkerScaler } from '../../../src/adapters/compose.ts';
import {
  type ContainerExit,
  type DockerContainersOptions,
  DockerError,
  dockerContainers,
  LateTermError,
} from '../../../src/adapters/docker.ts';
import type { StartRequest, WorkerPoolAdapter } from '../../../src/core/adapter.ts';
import { InvalidOptionError } from '../../../src/errors.ts';
import type { Fault } from '../../../src/events.ts';
import { ScalingController } from '../../../src/index.ts';
import type { Policy } from '../../../src/policies/policy.ts';
import { adapterContract } from '../../../src/testing/adapter-contract.ts';
import { DockerDaemon, hasDocker } from '../../docker-daemon.ts';
import { nodeImage } from '../../node-image.ts';
import { JobServer } from './job-server.ts';

const IMAGE = 'flyball-test:1';
const { signal } = new AbortController();
setMaxListeners(0, signal); // of tests that run at once
const request: StartRequest = { skipWarmup: false, emergency: false, reason: 'a test', timeoutMs: 10_000 };
const gracefully = { graceful: true, reason: 'a test', timeoutMs: 10_000 };
const atOnce = { ...gracefully, graceful: false };

/** On a machine that has much else to do, too. */
const soon = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 15_000, interval: 25 });

let daemon: DockerDaemon;
let docker: Docker;
let pools = 0;
const servers: JobServer[] = [];

beforeAll(async () => {
  if (!hasDocker) return;
  daemon = await DockerDaemon.start({ liveRestore: true });
  docker = daemon.docker;
  await nodeImage(docker, {
    name: IMAGE,
    files: { '/worker.mjs': new URL('./worker.mjs', import.meta.url) },
    cmd: ['node', '/worker.mjs'],
  });
}, 60_000);
afterAll(async () => {
  for (const server of servers) server.close();
  await daemon?.stop();
}, 60_000);

type PoolOptions = Partial<Omit<DockerContainersOptions, 'create'>> & {
  create?: Partial<DockerContainersOptions['create']>;
};

interface TestPool extends WorkerScaler {
  readonly name: string;
  /** Starts one, and waits until its program listens for signals. */
  start(): Promise<string>;
  /** The pool's own client. */
  readonly client: Docker;
  /** The names of its containers, ended ones too. */
  names(): Promise<string[]>;
}

/** A pool without containers; the daemon removes what is left of it in the end. */
function testPool(options: PoolOptions = {}): TestPool {
  pools += 1;
  const name = options.pool ?? `pool${pools}`;
  const client = new Docker({ socketPath: daemon.socketPath });
  const scaler = dockerContainers(client, {
    steadyMs: 50,
    ...options,
    pool: name,
    create: { Image: IMAGE, HostConfig: { NetworkMode: 'host', Init: true }, ...options.create },
  });
  return {
    ...scaler,
    name,
    client,
    async start() {
      const id = await scaler.startWorker(request, signal);
      await soon(async () => expect(await log(id)).toContain('begins'));
      return id;
    },
    names: async () => {
      const filters = { label: [`flyball.pool=${name}`] };
      const found = await docker.listContainers({ all: true, filters });
      return found.map(({ Names }) => (Names[0] as string).slice(1)).sort();
    },
  };
}

async function log(id: string): Promise<string> {
  return String(await docker.getContainer(id).logs({ stdout: true, stderr: true }));
}

/** A pool of containers that take jobs from this process. */
async function jobPool(options: PoolOptions = {}): Promise<{ jobs: JobServer; crew: TestPool }> {
  const folder = mkdtempSync(join(daemon.folder, 'jobs-'));
  const jobs = await new JobServer().listen(join(folder, 'socket'));
  servers.push(jobs);
  const crew = testPool({
    steadyMs: 250, // before its init process listens, a container ignores SIGTERM
    ...options,
    create: {
      Env: ['JOBS=/jobs/socket'],
      HostConfig: { NetworkMode: 'host', Init: true, Binds: [`${folder}:/jobs`] },
      ...options.create,
    },
  });
  return { jobs, crew };
}

/** Healthy when the worker says so. */
const HEALTH_CHECK = {
  Test: ['CMD', 'node', '-e', "require('fs').accessSync('/tmp/healthy')"],
  Interval: 100e6,
  Timeout: 10e9,
  Retries: 50,
};

describe.skipIf(!hasDocker).concurrent('a start', () => {
  it('settles when the container has run for a while, and tells it who it is', async () => {
    const pool = testPool({ create: { Env: ['A=1'], Labels: { mine: 'too' } } });
    const before = Date.now();
    const id = await pool.startWorker({ ...request, skipWarmup: true, fencingToken: 7 }, signal);
    expect(id).toMatch(new RegExp(`^${pool.name}-[0-9a-f]{8}$`));
    const { Config } = await docker.getContainer(id).inspect();
    expect(Config.Env).toEqual(
      expect.arrayContaining(['A=1', `FLYBALL_WORKER_ID=${id}`, 'FLYBALL_SKIP_WARMUP=1']),
    );
    expect(Config.Labels).toMatchObject({ mine: 'too', 'flyball.pool': pool.name, 'flyball.term': '7' });
    const { workers: [worker] = [], ...counts } = await pool.observe(signal);
    expect(counts).toEqual({ ready: 1, starting: 0, draining: 0, slotsPerWorker: 1 });
    expect(worker).toEqual({ id, state: 'ready', healthy: true, startedAt: expect.any(Number) });
    expect(worker?.startedAt).toBeGreaterThanOrEqual(before);
  });

  it('waits for the health check, where there is one', async () => {
    const pool = testPool({ create: { Healthcheck: HEALTH_CHECK, Env: ['START_MS=400'] } });
    const start = pool.startWorker(request, signal);
    await soon(async () => expect(await pool.observe(signal)).toMatchObject({ ready: 0, starting: 1 }));
    const id = await start;
    expect((await docker.getContainer(id).inspect()).State.Health?.Status).toBe('healthy');
    expect(await pool.observe(signal)).toMatchObject({ ready: 1, starting: 0 });
  });

  it('that another instance has under way is seen as one', async () => {
    const pool = testPool({ create: { Healthcheck: HEALTH_CHECK, Env: ['START_MS=400'] } });
    const other = testPool({ pool: pool.name });
    const start = pool.startWorker(request, signal);
    await soon(async () => expect(await other.observe(signal)).toMatchObject({ ready: 0, starting: 1 }));
    await start;
    expect(await other.observe(signal)).toMatchObject({ ready: 1, starting: 0 });
  });

  it.each<[string, PoolOptions['create'], RegExp]>([
    [
      'the image is missing',
      { Image: 'nobody' },
      /^Docker: cannot create a container of nobody: 404 No such image/,
    ],
    [
      'there is no such command',
      { Cmd: ['nothing'], HostConfig: { NetworkMode: 'host' } },
      /^Docker: cannot start .*: 400 .*"nothing": executable file not found/,
    ],
    [
      'the container ends',
      { Env: ['FAIL=no such database'] },
      /^a container ended while it started: exit code 3; its last lines:\nworker .* begins\nno such database$/,
    ],
    [
      'it ends, and writes to a terminal',
      { Env: ['FAIL=no such database'], Tty: true },
      /^a container ended while it started: exit code 3; its last lines:\nworker .* begins\r\nno such database$/,
    ],
    [
      'it ends, and is restarted',
      {
        Env: ['FAIL=no such database'],
        HostConfig: { NetworkMode: 'host', RestartPolicy: { Name: 'always' } },
      },
      /^a container ended while it started: exit code \d; /,
    ],
    [
      'it is unhealthy',
      {
        Healthcheck: {
          ...HEALTH_CHECK,
          Test: ['CMD', 'node', '-p', '"no queue";process.exit(1)'],
          Retries: 1,
        },
      },
      /^a container is unhealthy; its health check said: /,
    ],
  ])('that fails since %s says so, and leaves nothing', async (_, create, message) => {
    const pool = testPool({ steadyMs: 10_000, ...(create && { create }) });
    await expect(pool.startWorker(request, signal)).rejects.toThrow(message);
    await soon(async () => expect(await pool.names()).toEqual([]));
  });

  it('that is called off lets its container end the job that it has taken already, and removes it', async () => {
    const { jobs, crew } = await jobPool({ steadyMs: 60_000 });
    const job = jobs.submit();
    const calledOff = new AbortController();
    const start = crew.startWorker(request, calledOff.signal);
    await soon(() => expect(jobs.observe()).toMatchObject({ active: 1 }));
    calledOff.abort(new Error('called off'));
    await expect(start).rejects.toThrow('called off');
    expect(await crew.observe(signal)).toMatchObject({ ready: 0, draining: 1 });
    jobs.release();
    await job;
    expect(jobs.lost).toBe(0);
    await soon(async () => expect(await crew.names()).toEqual([]));
  });

  it('that is called off removes its container', async () => {
    const pool = testPool({ steadyMs: 60_000 });
    const calledOff = new AbortController();
    const start = pool.startWorker(request, calledOff.signal);
    await soon(async () => expect(await pool.names()).toHaveLength(1));
    calledOff.abort(new Error('called off'));
    await expect(start).rejects.toThrow('called off');
    await soon(async () => expect(await pool.names()).toEqual([]));
  });

  it('whose container is removed by hand says so', async () => {
    const pool = testPool({ steadyMs: 60_000 });
    const start = pool.startWorker(request, signal);
    const refused = expect(start).rejects.toThrow(/^a container (was removed|ended) while it started/);
    await soon(async () => {
      const container = docker.getContainer((await pool.names())[0] ?? 'none');
      expect((await container.inspect()).State.Running).toBe(true);
      await container.remove({ force: true });
    });
    await refused;
  });
});

describe.skipIf(!hasDocker).concurrent('a name that is taken', () => {
  it('fails the start, and the container that has it is left alone', async () => {
    const pool = testPool();
    const conflict = Object.assign(new Error(), { statusCode: 409, json: { message: 'it is in use' } });
    vi.spyOn(pool.client, 'createContainer').mockRejectedValue(conflict);
    const dial = vi.spyOn(pool.client.modem, 'dial');
    await expect(pool.startWorker(request, signal)).rejects.toThrow('409 it is in use');
    expect(dial.mock.calls.filter(([{ method }]) => method === 'DELETE')).toEqual([]);
  });
});

describe.skipIf(!hasDocker).concurrent('what others have started', () => {
  it('is seen, in one request, and stopped by another instance', async () => {
    const before = testPool();
    const ids = await Promise.all([before.startWorker(request, signal), before.startWorker(request, signal)]);
    await testPool().startWorker(request, signal);
    const after = testPool({ pool: before.name });
    const dial = vi.spyOn(after.client.modem, 'dial');
    const seen = await after.observe(signal);
    expect(dial).toHaveBeenCalledOnce();
    expect(seen).toEqual(await before.observe(signal));
    expect(seen.workers?.map(({ id }) => id).sort()).toEqual(ids.sort());
    await after.stopWorker(ids[0] as string, gracefully, signal);
    expect(await before.observe(signal)).toMatchObject({ ready: 1 });
  });

  it('an unhealthy one is ready and marked', async () => {
    const pool = testPool({ create: { Healthcheck: { ...HEALTH_CHECK, Retries: 1, StartPeriod: 10e9 } } });
    const id = await pool.startWorker(request, signal);
    const spoil = await docker
      .getContainer(id)
      .exec({ Cmd: ['node', '-e', "require('fs').unlinkSync('/tmp/healthy')"] });
    await spoil.start({});
    await soon(async () =>
      expect((await pool.observe(signal)).workers).toMatchObject([{ state: 'ready', healthy: false }]),
    );
  });

  it('a paused one is left alone', async () => {
    const pool = testPool();
    const id = await pool.startWorker(request, signal);
    await docker.getContainer(id).pause();
    expect(await pool.observe(signal)).toMatchObject({ ready: 0, starting: 0, workers: [] });
    await pool.startWorker(request, signal);
    await docker.getContainer(id).unpause();
    expect(await pool.observe(signal)).toMatchObject({ ready: 2 });
  });

  it('one that was made and never started is removed, when it is a minute old', async () => {
    const pool = testPool();
    const make = (ageMs: number) =>
      docker.createContainer({
        Image: IMAGE,
        name: `${pool.name}-${ageMs}`,
        Labels: {
          'flyball.pool': pool.name,
          'flyball.started-at': new Date(Date.now() - ageMs).toISOString(),
        },
      });
    await Promise.all([make(61_000), make(5_000)]);
    expect(await pool.observe(signal)).toMatchObject({ ready: 0, starting: 1 });
    await pool.stopWorker('nobody', gracefully, signal);
    await soon(async () => expect(await pool.names()).toEqual([`${pool.name}-5000`]));
  });
});

describe.skipIf(!hasDocker).concurrent('a container that ends by itself', () => {
  it('is not counted, and the next action removes it and tells of it', async () => {
    const exits: ContainerExit[] = [];
    const pool = testPool({
      onExit: (exit) => {
        exits.push(exit);
        throw new Error('a mistake of the host');
      },
    });
    const id = await pool.start();
    await docker.getContainer(id).kill();
    expect(await pool.observe(signal)).toMatchObject({ ready: 0, workers: [] });
    expect(await pool.names()).toEqual([id]);
    const next = await pool.start();
    await soon(async () => expect(await pool.names()).toEqual([next]));
    expect(exits).toEqual([{ id, exitCode: 137, outOfMemory: false, log: `worker ${id} begins` }]);
  });

  it('counts again when it is started by hand', async () => {
    const pool = testPool();
    const id = await pool.start();
    await docker.getContainer(id).stop();
    expect(await pool.observe(signal)).toMatchObject({ ready: 0 });
    await docker.getContainer(id).start();
    expect(await pool.observe(signal)).toMatchObject({ ready: 1, workers: [{ id }] });
  });
});

describe.skipIf(!hasDocker).concurrent('a stop', () => {
  it('sends SIGTERM once, and waits as long as it may', async () => {
    const pool = testPool({ create: { Env: ['STUBBORN=1'], StopTimeout: 0 } });
    const id = await pool.start();
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(pool.stopWorker(id, gracefully, AbortSignal.timeout(400))).rejects.toThrow('timeout');
    }
    expect((await log(id)).match(/asked to end/g)).toHaveLength(1);
    expect(await pool.observe(signal)).toMatchObject({ ready: 0, draining: 1 });
    await pool.stopWorker(id, atOnce, signal);
    expect(await pool.names()).toEqual([]);
  });

  it('drains first, where there is a drain, and then kills after the time that Docker gives', async () => {
    const drained: string[] = [];
    const pool = testPool({
      create: { Env: ['STUBBORN=1'], StopTimeout: 1 },
      drain: async ({ id }) => void drained.push(id),
    });
    const id = await pool.start();
    await pool.drainWorker?.(id, signal);
    expect(await pool.observe(signal)).toMatchObject({ ready: 0, draining: 1 });
    const before = performance.now();
    await pool.stopWorker(id, gracefully, signal);
    expect(performance.now() - before).toBeGreaterThan(900);
    expect(drained).toEqual([id]);
    expect(await pool.names()).toEqual([]);
  });

  it('uses the stop signal of the container', async () => {
    const pool = testPool({ create: { Env: ['STUBBORN=1'], StopSignal: 'SIGKILL' } });
    const id = await pool.start();
    await pool.stopWorker(id, gracefully, signal);
    expect(await pool.names()).toEqual([]);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['was stopped by hand', (id) => docker.getContainer(id).stop()],
    ['was removed by hand', (id) => docker.getContainer(id).remove({ force: true })],
    ['is being removed', async (id) => void docker.getContainer(id).remove({ force: true })],
  ])('of a container that %s is fine', async (_, spoil) => {
    const pool = testPool();
    const id = await pool.start();
    await spoil(id);
    await pool.stopWorker(id, gracefully, signal);
    await pool.stopWorker(id, atOnce, signal);
    expect(await pool.names()).toEqual([]);
  });

  it('of a drain that fails leaves the worker at work', async () => {
    const pool = testPool({
      drain: async () => {
        throw new Error('it did not answer');
      },
    });
    const id = await pool.start();
    await expect(pool.drainWorker?.(id, signal)).rejects.toThrow('it did not answer');
    await expect(pool.stopWorker(id, gracefully, signal)).rejects.toThrow('it did not answer');
    expect(await pool.observe(signal)).toMatchObject({ ready: 1, draining: 0 });
    await pool.stopWorker(id, atOnce, signal);
  });
});

describe.skipIf(!hasDocker).concurrent('what containers do', () => {
  it('is told by the host', async () => {
    const jobs: Record<string, number> = {};
    const pool = testPool({ busyContainers: () => jobs, slotsPerWorker: 4 });
    const [one = '', two = ''] = await Promise.all([pool.start(), pool.start()]);
    jobs[one] = 3;
    expect(await pool.observe(signal)).toMatchObject({
      ready: 2,
      busy: 0.75,
      slotsPerWorker: 4,
      reporting: 1,
    });
    jobs[two] = 9;
    const { workers, ...counts } = await pool.observe(signal);
    expect(counts).toEqual({ ready: 2, starting: 0, draining: 0, busy: 1.75, slotsPerWorker: 4 });
    expect(workers?.find(({ id }) => id === one)).toMatchObject({ busy: 3 });
  });
});

describe.skipIf(!hasDocker).concurrent('terms of leadership', () => {
  it('a term that is over does nothing more', async () => {
    const pool = testPool({ drain: async () => {} });
    const id = await pool.startWorker({ ...request, fencingToken: 2 }, signal);
    const late = { fencingToken: 1 };
    await expect(pool.startWorker({ ...request, ...late }, signal)).rejects.toThrow(LateTermError);
    await expect(pool.stopWorker(id, { ...atOnce, ...late }, signal)).rejects.toThrow(LateTermError);
    await expect(pool.drainWorker?.(id, signal, late)).rejects.toThrow(
      `Containers of pool ${pool.name} were started in term 2 of leadership already: term 1 is over`,
    );
    expect(await pool.observe(signal)).toMatchObject({ ready: 1 });
    await pool.stopWorker(id, { ...gracefully, fencingToken: 3 }, signal);
  });
});

describe('the options', () => {
  it.each<[string, object]>([
    ['pool', { pool: '' }],
    ['pool', { pool: 'a b' }],
    ['create.Image', { create: {} }],
    ['create.name', { create: { Image: 'it', name: 'mine' } }],
    ['drain', { drain: 'SIGTERM' }],
    ['busyContainers', { busyContainers: {} }],
    ['onExit', { onExit: {} }],
    ['slotsPerWorker', { slotsPerWorker: 0 }],
    ['steadyMs', { steadyMs: -1 }],
  ])('%s must be usable', (field, options) => {
    const create = () =>
      dockerContainers(new Docker(), { pool: 'render', create: { Image: 'it' }, ...options });
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(new RegExp(`^${field} must`));
  });
});

describe('a daemon that does not answer', () => {
  it('is told as such', async () => {
    const pool = dockerContainers(new Docker({ socketPath: '/nowhere/docker.sock' }), {
      pool: 'render',
      create: { Image: 'it' },
    });
    await expect(pool.observe(signal)).rejects.toThrow(
      'Docker: cannot list the containers of pool render: connect ENOENT /nowhere/docker.sock',
    );
    await expect(pool.startWorker(request, signal)).rejects.toBeInstanceOf(DockerError);
  });

  it('is not waited for longer than the signal allows, not even in the middle of its answer', async () => {
    const server = createServer((_, response) => {
      response.write('[');
      setTimeout(() => response.destroy(), 20);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await vi.waitUntil(() => server.listening);
    const { port } = server.address() as { port: number };
    const pool = dockerContainers(new Docker({ host: '127.0.0.1', port }), {
      pool: 'render',
      create: { Image: 'it' },
    });
    await expect(pool.observe(AbortSignal.timeout(100))).rejects.toThrow('timeout');
  });
});

describe.skipIf(!hasDocker).concurrent.each<[string, boolean]>([
  ['are told to drain by the host', true],
  ['drain on SIGTERM', false],
])('the adapter contract, kept by a queue and containers that %s', (_, withDrain) => {
  const made = new WeakMap<WorkerPoolAdapter, { jobs: JobServer; crew: TestPool }>();
  const checks = adapterContract<WorkerPoolAdapter>({
    timeoutMs: 15_000,
    create: async () => {
      const { jobs, crew } = await jobPool({
        busyContainers: () => made.get(adapter)?.jobs.busy() ?? {},
        ...(withDrain && { drain: async ({ id }, abort) => made.get(adapter)?.jobs.hold(id, abort) }),
      });
      const adapter = composeAdapter({ observe: jobs, scale: crew });
      made.set(adapter, { jobs, crew });
      return adapter;
    },
    submit: async (adapter, durationMs) => made.get(adapter)?.jobs.submit(durationMs),
    dispose: async (adapter) => {
      const left = (await made.get(adapter)?.crew.names()) ?? [];
      await Promise.all(left.map((name) => docker.getContainer(name).remove({ force: true })));
    },
  });
  // How workers start is the same for both.
  const rules = withDrain ? checks : checks.filter(({ name }) => /\bstop/.test(name));
  for (const rule of rules) test(rule.name, rule.run);
});

describe.skipIf(!hasDocker)('under a controller', () => {
  const aWorkerAJob: Policy = {
    name: 'a worker a job',
    propose: ({ queued, busy }) => ({ kind: 'target', size: queued + busy, reason: 'jobs' }),
  };

  /** Runs until the test has ended. */
  function control(jobs: JobServer, crew: WorkerScaler) {
    const controller = new ScalingController({
      pools: [
        {
          id: 'jobs',
          adapter: composeAdapter({ observe: jobs, scale: crew }),
          policy: aWorkerAJob,
          predictor: false,
          minWorkers: 0,
        },
      ],
      intervalMs: 100,
    });
    const faults: Fault[] = [];
    controller.on('fault', (fault) => faults.push(fault));
    onTestFinished(() => controller.stop());
    controller.start();
    return { controller, faults };
  }

  const atWork = (jobs: JobServer, crew: TestPool, active: number) =>
    soon(async () => {
      expect(jobs.observe()).toMatchObject({ queued: 0, active });
      expect(await crew.observe(signal)).toMatchObject({ ready: active });
    });
  const allGone = (crew: TestPool) => soon(async () => expect(await crew.names()).toEqual([]));

  it('containers come and go with the jobs, of which none is lost', async () => {
    const { jobs, crew } = await jobPool();
    const { faults } = control(jobs, crew);
    await Promise.all([jobs.submit(300), jobs.submit(300), jobs.submit(300)]);
    await allGone(crew);
    expect(jobs.lost).toBe(0);
    expect(faults).toEqual([]);
  });

  it('one that is started again goes on with the containers of the one before', async () => {
    const { jobs, crew } = await jobPool();
    const before = control(jobs, crew);
    const ended = Promise.all([jobs.submit(), jobs.submit()]);
    await atWork(jobs, crew, 2);
    await before.controller.stop();
    const names = await crew.names();
    const after = control(jobs, testPool({ pool: crew.name }));
    await soon(() => expect(after.controller.status().pools[0]).toMatchObject({ size: 2 }));
    expect(await crew.names()).toEqual(names);
    jobs.release();
    await ended;
    await allGone(crew);
    expect(jobs.lost).toBe(0);
    expect(after.faults).toEqual([]);
  });

  it('a daemon that is away holds the size, is told once, and all goes on when it is back', async () => {
    const { jobs, crew } = await jobPool();
    const { controller, faults } = control(jobs, crew);
    const ended = Promise.all([jobs.submit(), jobs.submit()]);
    await atWork(jobs, crew, 2);
    const names = await crew.names();
    await daemon.goAway();
    await soon(() => expect(faults).toHaveLength(1));
    void jobs.submit(100);
    await sleep(1_500);
    expect(faults).toMatchObject([{ source: 'observe', pool: 'jobs' }]);
    expect(faults[0]?.message).toMatch(
      /^Docker: cannot list the containers of pool pool\d+: (connect|read|socket)/,
    );
    expect(controller.status().pools[0]).toMatchObject({ size: 2 });
    await daemon.comeBack({ liveRestore: true });
    await soon(() => expect(faults).toMatchObject([{}, { source: 'observe', recovered: true }]));
    expect(await crew.names()).toEqual(expect.arrayContaining(names));
    jobs.release();
    await ended;
    await allGone(crew);
    expect(jobs.lost).toBe(0);
    expect(faults).toHaveLength(2);
  });

  it('starts and stops that are under way when the daemon goes are completed when it is back', async () => {
    const { jobs, crew: stopped } = await jobPool();
    const id = await stopped.start();
    const crew = testPool({ steadyMs: 2_000 });
    const start = crew.startWorker(request, signal);
    await soon(async () => expect(await log((await crew.names())[0] ?? 'none')).toContain('begins'));
    await sleep(200); // until the daemon has said that it is started
    const job = jobs.submit();
    await atWork(jobs, stopped, 1);
    const stop = stopped.stopWorker(id, gracefully, signal);
    await soon(async () => expect(await log(id)).toContain('asked to end'));
    expect(await stopped.observe(signal)).toMatchObject({ draining: 1 });
    await daemon.goAway();
    await sleep(500);
    await daemon.comeBack({ liveRestore: true });
    jobs.release();
    await Promise.all([start, stop, job]);
    expect(await crew.observe(signal)).toMatchObject({ ready: 1 });
    expect(await stopped.names()).toEqual([]);
    expect(jobs.lost).toBe(0);
  });

  it('containers that end with their daemon are replaced and removed', async () => {
    const { jobs, crew } = await jobPool({ create: { StopTimeout: 1 } });
    const { controller, faults } = control(jobs, crew);
    const job = jobs.submit();
    await atWork(jobs, crew, 1);
    await soon(() => expect(controller.status().pools[0]).toMatchObject({ ready: 1 }));
    const names = await crew.names();
    await daemon.goAway();
    await daemon.comeBack({ liveRestore: false });
    await soon(async () => {
      const now = await crew.names();
      expect(now).toHaveLength(1);
      expect(now).not.toEqual(names);
    });
    await atWork(jobs, crew, 1);
    jobs.release();
    await job;
    await allGone(crew);
    expect(jobs.lost).toBe(1);
    expect(faults.filter(({ source }) => source !== 'observe')).toEqual([]);
  });
});
