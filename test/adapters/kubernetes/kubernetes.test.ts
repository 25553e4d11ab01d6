import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { composeAdapter, type ReplicaScaler } from '../../../src/adapters/compose.ts';
import {
  KubernetesApiError,
  type KubernetesWorkloadOptions,
  kubernetesWorkload,
  WorkloadOwnedError,
} from '../../../src/adapters/kubernetes.ts';
import type { ReplicaPoolAdapter } from '../../../src/core/adapter.ts';
import { InvalidOptionError } from '../../../src/errors.ts';
import type { Fault } from '../../../src/events.ts';
import { ScalingController } from '../../../src/index.ts';
import type { Policy } from '../../../src/policies/policy.ts';
import { adapterContract } from '../../../src/testing/adapter-contract.ts';
import { Certificates } from '../../certificates.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { accessOf, TOKEN } from './kube-config.ts';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
const { signal } = new AbortController();

let server: FakeApiServer;
beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
});
afterEach(() => server.close());

const workload = (options: Partial<KubernetesWorkloadOptions> = {}): Promise<ReplicaScaler> =>
  kubernetesWorkload({ name: 'worker', kubeConfig: server.kubeConfig(), ...options });

const podsAre = (...states: ('ready' | 'starting' | 'terminating' | 'failed')[]): void => {
  server.replicas = states.filter((state) => state === 'ready' || state === 'starting').length;
  server.pods = states.map((state, number) => ({
    name: `worker-${number}`,
    number,
    phase: state === 'failed' ? 'Failed' : state === 'starting' ? 'Pending' : 'Running',
    ready: state === 'ready' || state === 'terminating',
    terminating: state === 'terminating',
    annotations: {},
  }));
};

describe('what is seen of a workload', () => {
  it('ready, starting and terminating pods are counted; those that have ended are not', async () => {
    podsAre('ready', 'ready', 'starting', 'terminating', 'failed');
    const scaler = await workload();
    expect(await scaler.observe(signal)).toEqual({ ready: 2, starting: 1, draining: 1, slotsPerWorker: 1 });
  });

  it('pods that are wanted but not created yet are starting', async () => {
    podsAre('ready');
    server.replicas = 5;
    expect(await (await workload()).observe(signal)).toMatchObject({ ready: 1, starting: 4 });
  });

  it("a rolling update's pods above the wanted number are not counted as starting", async () => {
    podsAre('ready', 'ready', 'starting');
    server.replicas = 2;
    expect(await (await workload()).observe(signal)).toMatchObject({ ready: 2, starting: 0 });
  });

  it('the host may say what its pods do', async () => {
    podsAre('ready', 'ready', 'ready', 'terminating', 'starting');
    const scaler = await workload({
      busyPods: async () => ({ 'worker-0': 4, 'worker-1': 0, 'worker-2': 1, 'worker-3': 2 }),
      slotsPerWorker: 4,
    });
    // 1 + 0 + 0.25 of the ready ones, 0.5 of the one that leaves.
    expect(await scaler.observe(signal)).toMatchObject({ busy: 1.75, slotsPerWorker: 4 });
    expect(await scaler.observe(signal)).not.toHaveProperty('reporting');
  });

  it('the observation is partial while pods have not reported', async () => {
    podsAre('ready', 'ready', 'ready');
    const scaler = await workload({ busyPods: () => new Map([['worker-1', 1]]) });
    expect(await scaler.observe(signal)).toMatchObject({ ready: 3, busy: 1, reporting: 1 });
  });

  it('the observation fails when the API server does, in one line', async () => {
    const scaler = await workload();
    server.fail('list pods', 503, 'ServiceUnavailable');
    await expect(scaler.observe(signal)).rejects.toThrow(
      'Kubernetes: cannot list the pods of Deployment shop/worker: 503 ServiceUnavailable, says the test',
    );
  });

  it('is not waited for longer than the signal allows', async () => {
    const scaler = await workload();
    await expect(scaler.observe(AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

describe('scaling', () => {
  it.each(['Deployment', 'StatefulSet'] as const)('a %s goes through its scale subresource', async (kind) => {
    server.kind = kind;
    const scaler = await workload({ kind });
    server.log.length = 0;
    await scaler.scaleTo(3, signal);
    expect(server.replicas).toBe(3);
    expect(server.log).toContain(`patch ${kind.toLowerCase()}s/scale`);
  });

  it('the idle pods of a Deployment go first', async () => {
    podsAre('ready', 'ready', 'ready', 'ready');
    const scaler = await workload({
      busyPods: () => ({ 'worker-0': 0, 'worker-1': 2, 'worker-2': 0, 'worker-3': 5 }),
    });
    await scaler.scaleTo(2, signal);
    const leaving = server.pods.filter(({ terminating }) => terminating).map(({ name }) => name);
    expect(leaving.sort()).toEqual(['worker-0', 'worker-2']);
    expect(server.pods.map(({ annotations }) => annotations[COST])).toEqual([undefined, '2', undefined, '5']);
  });

  it('costs are set when pods go, and only those that change', async () => {
    podsAre('ready', 'ready', 'ready');
    const jobs = { 'worker-0': 1, 'worker-1': 0, 'worker-2': 0 };
    const scaler = await workload({ busyPods: () => jobs });
    await scaler.scaleTo(4, signal);
    expect(server.log).not.toContain('patch pods');
    await scaler.scaleTo(3, signal);
    expect(server.log.filter((call) => call === 'patch pods')).toHaveLength(1);
    jobs['worker-0'] = 0;
    await scaler.scaleTo(2, signal);
    expect(server.pods[0]?.annotations[COST]).toBe('0');
  });

  it('nobody annotates the pods of a StatefulSet, whose highest ordinals go', async () => {
    server.kind = 'StatefulSet';
    podsAre('ready', 'ready', 'ready');
    const scaler = await workload({ kind: 'StatefulSet', busyPods: () => ({ 'worker-2': 9 }) });
    await scaler.scaleTo(2, signal);
    expect(server.log).not.toContain('patch pods');
    expect(server.pods[2]?.terminating).toBe(true);
  });

  it('a pod that has gone meanwhile is no error', async () => {
    podsAre('ready', 'ready');
    const scaler = await workload({ busyPods: () => ({ 'worker-0': 1, 'worker-1': 0 }) });
    server.fail('patch pods', 404, 'NotFound');
    await scaler.scaleTo(1, signal);
    expect(server.replicas).toBe(1);
  });

  it('a conflict is met with another try', async () => {
    podsAre('ready', 'ready');
    const scaler = await workload({ busyPods: () => ({ 'worker-0': 1, 'worker-1': 0 }) });
    server.fail('patch deployments/scale', 409, 'Conflict', 3);
    server.fail('patch pods', 409, 'Conflict', 1);
    await scaler.scaleTo(1, signal);
    expect(server.replicas).toBe(1);
    expect(server.pods[0]?.annotations[COST]).toBe('1');
  });

  it('conflicts without end are an error', async () => {
    const scaler = await workload();
    server.fail('patch deployments/scale', 409, 'Conflict', 100);
    await expect(scaler.scaleTo(1, signal)).rejects.toMatchObject({ status: 409 });
    expect(server.log.filter((call) => call === 'patch deployments/scale')).toHaveLength(5);
  });

  it('other refusals are not repeated', async () => {
    const scaler = await workload();
    server.fail('patch deployments/scale', 403, 'Forbidden');
    await expect(scaler.scaleTo(1, signal)).rejects.toBeInstanceOf(KubernetesApiError);
    expect(server.log.filter((call) => call === 'patch deployments/scale')).toHaveLength(1);
  });

  it('a size that was overtaken by a later one is let go', async () => {
    const scaler = await workload();
    server.log.length = 0;
    await Promise.all([2, 7, 4].map((size) => scaler.scaleTo(size, signal)));
    expect(server.replicas).toBe(4);
    expect(server.log.filter((call) => call === 'patch deployments/scale')).toHaveLength(1);
  });
});

describe('a workload that a HorizontalPodAutoscaler scales', () => {
  const hpa = { name: 'by-cpu', kind: 'Deployment', target: 'worker' };

  it('is refused', async () => {
    server.autoscalers = [hpa];
    await expect(workload()).rejects.toThrow(WorkloadOwnedError);
    await expect(workload()).rejects.toThrow(
      'Deployment shop/worker is scaled by the HorizontalPodAutoscaler by-cpu: delete that',
    );
  });

  it('cannot be observed or scaled when that comes later, until it goes', async () => {
    const scaler = await workload();
    server.autoscalers = [hpa];
    await expect(scaler.observe(signal)).rejects.toThrow(WorkloadOwnedError);
    await expect(scaler.scaleTo(3, signal)).rejects.toThrow(WorkloadOwnedError);
    expect(server.replicas).toBe(0);
    server.autoscalers = [];
    await scaler.scaleTo(3, signal);
    expect(server.replicas).toBe(3);
  });

  it('can be observed only, if that is what is wanted', async () => {
    server.autoscalers = [hpa];
    podsAre('ready', 'starting');
    const scaler = await workload({ observeOnly: true });
    expect(await scaler.observe(signal)).toMatchObject({ ready: 1, starting: 1 });
    await expect(scaler.scaleTo(3, signal)).rejects.toThrow('only observed');
    expect(server.log).not.toContain('list horizontalpodautoscalers');
  });

  it('is not mixed up with others', async () => {
    server.autoscalers = [
      { ...hpa, target: 'web' },
      { ...hpa, kind: 'StatefulSet' },
    ];
    await expect(workload()).resolves.toBeDefined();
  });
});

describe('the way to the cluster', () => {
  it('a workload that is not there is told at once', async () => {
    await expect(workload({ name: 'nobody' })).rejects.toThrow('404 deployments.apps "nobody" not found');
  });

  it('so is a token that is not known', async () => {
    await expect(workload({ kubeConfig: server.kubeConfig('stolen') })).rejects.toThrow('401');
  });

  it('is found where kubectl finds it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flyball-kubeconfig-'));
    const { clusters, users, contexts, currentContext } = accessOf(server.port) as Record<string, object[]>;
    const named = (entries: object[] = [], key: string) =>
      entries.map((entry) => {
        const { name, skipTLSVerify, ...rest } = entry as { name: string; skipTLSVerify?: boolean };
        return { name, [key]: { ...rest, ...(skipTLSVerify && { 'insecure-skip-tls-verify': true }) } };
      });
    writeFileSync(
      join(folder, 'config'),
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: named(clusters, 'cluster'),
        users: named(users, 'user'),
        contexts: named(contexts, 'context'),
        'current-context': currentContext,
      }),
    );
    vi.stubEnv('KUBECONFIG', join(folder, 'config'));
    try {
      const scaler = await kubernetesWorkload({ name: 'worker' });
      await scaler.scaleTo(2, signal);
      expect(server.replicas).toBe(2);
    } finally {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    }
  });

  it("leads, inside a cluster, by the pod's service account and the cluster's authority", async () => {
    const certificates = new Certificates('server');
    const inside = new FakeApiServer({
      key: certificates.pem('server.key'),
      cert: certificates.pem('server.crt'),
    });
    await inside.listen();
    const account = certificates.path('var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(account, { recursive: true });
    writeFileSync(join(account, 'token'), TOKEN);
    writeFileSync(join(account, 'namespace'), 'shop');
    writeFileSync(join(account, 'ca.crt'), certificates.pem('ca.crt'));
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(inside.port));
    try {
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromCluster(certificates.folder);
      const scaler = await workload({ kubeConfig });
      await scaler.scaleTo(2, signal);
      expect(inside.replicas).toBe(2);
    } finally {
      vi.unstubAllEnvs();
      inside.close();
      certificates.remove();
    }
  });

  it.each<[string, object]>([
    ['name', { name: '' }],
    ['kind', { kind: 'DaemonSet' }],
    ['namespace', { namespace: '' }],
    ['busyPods', { busyPods: {} }],
    ['slotsPerWorker', { slotsPerWorker: 0 }],
  ])('%s must be usable', async (field, options) => {
    await expect(workload(options)).rejects.toThrow(InvalidOptionError);
    await expect(workload(options)).rejects.toThrow(new RegExp(`^${field} must`));
  });
});

describe('under a controller', () => {
  async function drive(queued: number) {
    podsAre('ready', 'ready');
    const queue = { queued, active: 0 };
    const adapter = composeAdapter({ observe: () => queue, scale: await workload() });
    const policy: Policy = {
      name: 'a pod a job',
      propose: (view) => ({ kind: 'target', size: view.queued, reason: 'jobs wait' }),
    };
    const controller = new ScalingController({
      pools: [{ id: 'render', adapter, policy, predictor: false }],
    });
    const faults: Fault[] = [];
    controller.on('fault', (fault) => faults.push(fault));
    return { controller, faults, queue };
  }

  it('the size follows the queue', async () => {
    const { controller } = await drive(6);
    await controller.tick();
    await vi.waitFor(() => expect(server.replicas).toBe(6));
    await controller.stop();
  });

  it('an API server that is away holds the size, is told once, and all goes on when it is back', async () => {
    const { controller, faults, queue } = await drive(2);
    await controller.tick();
    const { port } = server;
    server.close();
    queue.queued = 0;
    for (let tick = 0; tick < 4; tick += 1) await controller.tick();
    expect(faults).toMatchObject([{ source: 'observe', pool: 'render' }]);
    await server.listen(port);
    queue.queued = 5;
    await controller.tick();
    await vi.waitFor(() => expect(server.replicas).toBe(5));
    expect(faults).toMatchObject([{ source: 'observe' }, { source: 'observe', recovered: true }]);
    await controller.stop();
  });

  it('a HorizontalPodAutoscaler that comes holds the size, and the fault names it', async () => {
    const { controller, faults, queue } = await drive(2);
    await controller.tick();
    server.autoscalers = [{ name: 'by-cpu', kind: 'Deployment', target: 'worker' }];
    queue.queued = 9;
    for (let tick = 0; tick < 3; tick += 1) await controller.tick();
    expect(server.replicas).toBe(2);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toContain('by-cpu');
    await controller.stop();
  });
});

describe.each(['Deployment', 'StatefulSet'] as const)(
  'the adapter contract, kept by a queue and a %s',
  (kind) => {
    const servers = new WeakMap<ReplicaPoolAdapter, FakeApiServer>();
    const checks = adapterContract<ReplicaPoolAdapter>({
      kind: 'replicas',
      create: async () => {
        const server = new FakeApiServer();
        server.kind = kind;
        const scale = await kubernetesWorkload({ name: 'worker', kind, kubeConfig: await server.listen() });
        const adapter = composeAdapter({ observe: () => ({ queued: 0, active: 0 }), scale });
        servers.set(adapter, server);
        return adapter;
      },
      dispose: (adapter) => servers.get(adapter)?.close(),
    });
    for (const check of checks) test.concurrent(check.name, check.run);
  },
);
