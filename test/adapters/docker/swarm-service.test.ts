import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker, { type ServiceSpec } from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { composeAdapter, type ReplicaScaler } from '../../../src/adapters/compose.ts';
import { DockerError, LateTermError, swarmService } from '../../../src/adapters/docker.ts';
import type { ReplicaPoolAdapter } from '../../../src/core/adapter.ts';
import { InvalidOptionError } from '../../../src/errors.ts';
import type { Fault } from '../../../src/events.ts';
import { ScalingController } from '../../../src/index.ts';
import type { Policy } from '../../../src/policies/policy.ts';
import { adapterContract } from '../../../src/testing/adapter-contract.ts';
import { DockerDaemon, hasDocker } from '../../docker-daemon.ts';
import { nodeImage } from '../../node-image.ts';

const IMAGE = 'flyball-test:1';
const { signal } = new AbortController();
setMaxListeners(0, signal); // of tests that run at once

/** On a machine that has much else to do, too. */
const soon = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 15_000, interval: 25 });

let daemon: DockerDaemon;
let docker: Docker;
let services = 0;

beforeAll(async () => {
  if (!hasDocker) return;
  daemon = await DockerDaemon.start();
  docker = daemon.docker;
  await daemon.initSwarm();
  await nodeImage(docker, {
    name: IMAGE,
    files: { '/worker.mjs': new URL('./worker.mjs', import.meta.url) },
    cmd: ['node', '/worker.mjs'],
  });
}, 60_000);
afterAll(() => daemon?.stop(), 60_000);

/** Makes a service of no replicas, and gives its name. */
async function testService(container: Docker.ContainerSpec = {}, spec: ServiceSpec = {}): Promise<string> {
  services += 1;
  const Name = `worker${services}`;
  await docker.createService({
    Name,
    Mode: { Replicated: { Replicas: 0 } },
    ...spec,
    TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { Image: IMAGE, Init: true, ...container } },
  });
  return Name;
}

const specOf = async (name: string): Promise<ServiceSpec & { Version: number }> => {
  const { Spec, Version } = await docker.getService(name).inspect();
  return { ...Spec, Version: Version.Index };
};

const replicasOf = async (name: string) => (await specOf(name)).Mode?.Replicated?.Replicas;

const reached = (scaler: ReplicaScaler, counts: object) =>
  soon(async () => expect(await scaler.observe(signal)).toEqual(counts));

describe.skipIf(!hasDocker)('what is seen of a service', () => {
  it('tasks that run are ready, those that are wanted start, those that end drain; in two requests', async () => {
    const name = await testService({ Env: ['STUBBORN=1'], StopGracePeriod: 1.5e9 });
    const scaler = swarmService(docker, name);
    expect(await scaler.observe(signal)).toEqual({ ready: 0, starting: 0, draining: 0 });
    await scaler.scaleTo(2, signal);
    expect(await scaler.observe(signal)).toMatchObject({ ready: 0, starting: 2 });
    await reached(scaler, { ready: 2, starting: 0, draining: 0 });
    const dial = vi.spyOn(docker.modem, 'dial');
    await scaler.observe(signal);
    expect(dial).toHaveBeenCalledTimes(2);
    dial.mockRestore();
    await sleep(300); // until they listen for SIGTERM
    await scaler.scaleTo(1, signal);
    await reached(scaler, { ready: 1, starting: 0, draining: 1 });
    await reached(scaler, { ready: 1, starting: 0, draining: 0 });
  });

  it('a task with a health check starts until it is healthy', async () => {
    const Test = ['CMD', 'node', '-e', "require('fs').accessSync('/tmp/healthy')"];
    const name = await testService({
      Env: ['START_MS=800'],
      HealthCheck: { Test, Interval: 100e6, Timeout: 10e9, Retries: 50 },
    });
    const scaler = swarmService(docker, name);
    await scaler.scaleTo(1, signal);
    await soon(async () => {
      const tasks = await docker.listTasks({ filters: { service: [name] } });
      expect(tasks).toMatchObject([{ Status: { State: 'starting' } }]);
    });
    expect(await scaler.observe(signal)).toEqual({ ready: 0, starting: 1, draining: 0 });
    await reached(scaler, { ready: 1, starting: 0, draining: 0 });
  });

  it('tasks that fail are starting: they are tried again', async () => {
    const name = await testService({ Env: ['FAIL=no database'] });
    const scaler = swarmService(docker, name);
    await scaler.scaleTo(1, signal);
    await soon(async () => {
      const tasks = await docker.listTasks({ filters: { service: [name] } });
      expect(tasks.some(({ Status }) => Status.State === 'failed')).toBe(true);
    });
    expect(await scaler.observe(signal)).toEqual({ ready: 0, starting: 1, draining: 0 });
    await scaler.scaleTo(0, signal);
  });

  it.each(['observe', 'scaleTo'] as const)('%s says so where there is no such service', async (method) => {
    const scaler = swarmService(docker, 'nobody');
    const call = method === 'observe' ? scaler.observe(signal) : scaler.scaleTo(1, signal);
    await expect(call).rejects.toThrow(/^Docker: cannot .* service nobody: 404 service nobody not found$/);
    await expect(call).rejects.toBeInstanceOf(DockerError);
  });

  it('a service of another mode has no size', async () => {
    const name = await testService({}, { Mode: { Global: {} } });
    const scaler = swarmService(docker, name);
    const message = `the mode of service ${name} is Global: only a replicated service has a size`;
    await expect(scaler.observe(signal)).rejects.toThrow(message);
    await expect(scaler.scaleTo(1, signal)).rejects.toThrow(message);
    await docker.getService(name).remove();
  });
});

describe.skipIf(!hasDocker)('scaling', () => {
  it('changes nothing but the number of replicas', async () => {
    const name = await testService(
      { Env: ['A=1'] },
      {
        Labels: { mine: 'too' },
        EndpointSpec: { Mode: 'dnsrr' },
        TaskTemplate: { ForceUpdate: 7 },
      },
    );
    const { Version: _, ...before } = await specOf(name);
    await swarmService(docker, name).scaleTo(1, signal);
    const { Version: __, ...after } = await specOf(name);
    expect(after).toEqual({ ...before, Mode: { Replicated: { Replicas: 1 } } });
    expect(after.TaskTemplate).toMatchObject({ ForceUpdate: 7 });
  });

  it('to the size that it has changes nothing at all', async () => {
    const name = await testService();
    const { Version } = await specOf(name);
    await swarmService(docker, name).scaleTo(0, signal);
    expect((await specOf(name)).Version).toBe(Version);
  });

  it('is tried again where the service was changed meanwhile', async () => {
    const name = await testService();
    const dial = vi.spyOn(docker.modem, 'dial');
    await Promise.all([1, 2, 1, 2].map((size) => swarmService(docker, name).scaleTo(size, signal)));
    const updates = dial.mock.calls.filter(([{ path }]) => (path as string).includes('/update'));
    dial.mockRestore();
    expect(updates.length).toBeGreaterThan(1);
    expect([1, 2]).toContain(await replicasOf(name));
    await swarmService(docker, name).scaleTo(0, signal);
  });

  it('a size that was overtaken by a later one is let go', async () => {
    const name = await testService();
    const { Version } = await specOf(name);
    const scaler = swarmService(docker, name);
    await Promise.all([2, 7, 1].map((size) => scaler.scaleTo(size, signal)));
    expect(await replicasOf(name)).toBe(1);
    expect((await specOf(name)).Version).toBeGreaterThan(Version);
  });

  it('a term that is over does nothing more', async () => {
    const name = await testService();
    const scaler = swarmService(docker, name);
    await scaler.scaleTo(0, signal, { fencingToken: 4 });
    expect((await specOf(name)).Labels).toMatchObject({ 'flyball.term': '4' });
    await expect(scaler.scaleTo(1, signal, { fencingToken: 3 })).rejects.toThrow(LateTermError);
    await expect(scaler.scaleTo(1, signal, { fencingToken: 3 })).rejects.toThrow(
      `Service ${name} was scaled in term 4 of leadership already: term 3 is over`,
    );
    expect(await replicasOf(name)).toBe(0);
    await scaler.scaleTo(1, signal, { fencingToken: 5 });
    expect(await replicasOf(name)).toBe(1);
  });

  it('needs the name of a service', () => {
    expect(() => swarmService(new Docker(), '')).toThrow(InvalidOptionError);
  });
});

describe.skipIf(!hasDocker)('the adapter contract, kept by a queue and a service', () => {
  const checks = adapterContract<ReplicaPoolAdapter>({
    kind: 'replicas',
    timeoutMs: 15_000,
    create: async () =>
      composeAdapter({
        observe: () => ({ queued: 0, active: 0 }),
        scale: swarmService(docker, await testService()),
      }),
  });
  for (const check of checks) test.concurrent(check.name, check.run);
});

describe.skipIf(!hasDocker)('under a controller', () => {
  const aTaskAJob: Policy = {
    name: 'a task a job',
    propose: ({ queued }) => ({ kind: 'target', size: queued, reason: 'jobs wait' }),
  };

  it('a daemon that is away holds the size, is told once, and all goes on when it is back', async () => {
    for (const { ID } of await docker.listServices()) await docker.getService(ID).remove();
    await soon(async () => expect(await docker.listContainers()).toEqual([]));
    const queue = { queued: 2, active: 0 };
    const name = await testService({}, { TaskTemplate: { RestartPolicy: { Delay: 100e6 } } });
    const scale = swarmService(docker, name);
    const controller = new ScalingController({
      pools: [
        {
          id: 'render',
          adapter: composeAdapter({ observe: () => queue, scale }),
          policy: aTaskAJob,
          predictor: false,
        },
      ],
      intervalMs: 100,
    });
    const faults: Fault[] = [];
    controller.on('fault', (fault) => faults.push(fault));
    onTestFinished(() => controller.stop());
    controller.start();
    await reached(scale, { ready: 2, starting: 0, draining: 0 });
    await daemon.goAway();
    await soon(() => expect(faults).toHaveLength(1));
    queue.queued = 3;
    await sleep(1_000);
    expect(faults).toMatchObject([{ source: 'observe', pool: 'render' }]);
    expect(controller.status().pools[0]).toMatchObject({ size: 2 });
    await daemon.comeBack();
    await reached(scale, { ready: 3, starting: 0, draining: 0 });
    expect(faults).toMatchObject([{}, { source: 'observe', recovered: true }]);
  });
});
