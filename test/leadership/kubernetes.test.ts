import { setTimeout as sleep } from 'node:timers/promises';
import { CoordinationV1Api } from '@kubernetes/client-node';
import { describe, expect, test, vi } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { type KubernetesLeadershipOptions, kubernetesLeadership } from '../../src/leadership/kubernetes.ts';
import { FakeApiServer } from '../adapters/kubernetes/fake-api-server.ts';
import type { FakeLease } from '../adapters/kubernetes/fake-leases.ts';
import { failover } from './failover.ts';
import { type Instance, instanceOf, type LeasePlace, leaseContract, until } from './lease-contract.ts';
import { quickClock } from './quick-clock.ts';

/** Leases of whole seconds, in tests that take less. */
const SPEED = 5;
const LEASE_MS = 2_000;
/** Of a leader that is to keep it, on a machine that may stall. */
const KEPT_MS = 5_000;

/** As client-go gives a lease up. */
const released = (leaseTransitions: number): FakeLease['spec'] => ({
  holderIdentity: '',
  leaseDurationSeconds: 1,
  leaseTransitions,
});

/** As client-go holds one. */
const held = (spec: Partial<FakeLease['spec']> = {}): FakeLease['spec'] => ({
  holderIdentity: 'operator-7d4b_0f',
  leaseDurationSeconds: LEASE_MS / 1_000,
  leaseTransitions: 7,
  acquireTime: '2026-01-05T00:00:00.000000Z',
  renewTime: '2026-01-05T00:00:00.123456Z',
  ...spec,
});

async function kubernetesPlace(): Promise<LeasePlace> {
  const server = new FakeApiServer();
  await server.listen();
  const { port, leases } = server;
  return {
    clock: quickClock(SPEED),
    leaseMs: LEASE_MS,
    longLeaseMs: KEPT_MS,
    leadership: (options) => kubernetesLeadership(server.kubeConfig(), options),
    lived: async (name) => leases.put(name, released(41)),
    usurp: async (name) =>
      leases.put(name, held({ leaseTransitions: (leases.get(name)?.spec.leaseTransitions ?? 0) + 1 })),
    holder: async (name) => leases.get(name)?.spec.holderIdentity || undefined,
    forget: async () => leases.delete('service'),
    goAway: async () => server.close(),
    comeBack: async () => void (await server.listen(port)),
    stop: async () => server.close(),
  };
}

leaseContract('Kubernetes', kubernetesPlace, [
  [{ leaseMs: 1_500 }, 'leaseMs'],
  [{ leaseMs: 500 }, 'leaseMs'],
  [{ name: 'Render_Service' }, 'name'],
]);

/** A fake API server of a test's own, and the instances that it lets stand. */
class Cluster {
  readonly server: FakeApiServer = new FakeApiServer();
  readonly clock: Clock = quickClock(SPEED);
  readonly #instances: Instance[] = [];

  stand(options: KubernetesLeadershipOptions = {}): Instance {
    const leadership = kubernetesLeadership(this.server.kubeConfig(), { leaseMs: LEASE_MS, ...options });
    const instance = instanceOf(leadership, this.clock);
    this.#instances.push(instance);
    return instance;
  }

  get lease(): FakeLease | undefined {
    return this.server.leases.get('flyball');
  }

  get spec(): FakeLease['spec'] {
    return this.lease?.spec ?? {};
  }

  put(spec: FakeLease['spec']): void {
    this.server.leases.put('flyball', spec);
  }

  calls(call: string): number {
    return this.server.log.filter((each) => each === call).length;
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#instances.map(({ leadership }) => leadership.leave()));
    this.server.close();
  }
}

/** Leases take their time: all at once. */
const it = (what: string, run: (cluster: Cluster) => Promise<void>): void =>
  test.concurrent(what, async () => {
    const cluster = new Cluster();
    await cluster.server.listen();
    try {
      await run(cluster);
    } finally {
      await cluster.end();
    }
  });

describe('a Lease of Kubernetes', () => {
  it('is made where it is missing, in the namespace of the kubeconfig', async (cluster) => {
    const a = cluster.stand({ instance: 'render-1' });
    await until(a.leads);
    expect(cluster.lease?.metadata).toMatchObject({ namespace: 'shop' });
    expect(cluster.spec).toEqual({
      holderIdentity: expect.stringMatching(/^render-1_/),
      leaseDurationSeconds: 2,
      leaseTransitions: 1,
      acquireTime: expect.stringMatching(/\.\d{6}Z$/),
      renewTime: expect.stringMatching(/\.\d{6}Z$/),
    });
    expect(a.leadership.fencingToken).toBe(1);
  });

  it('is kept through the API client of a host, too', async (cluster) => {
    const api = cluster.server.kubeConfig().makeApiClient(CoordinationV1Api);
    const leadership = kubernetesLeadership(api, { namespace: 'shop', leaseMs: LEASE_MS });
    const { leads } = instanceOf(leadership, cluster.clock);
    await until(leads);
    await leadership.leave();
    expect(cluster.spec.holderIdentity).toBe('');
  });

  it('is renewed by one request, and keeps its term and the moment it was acquired', async (cluster) => {
    cluster.put(released(3));
    const a = cluster.stand({ leaseMs: KEPT_MS });
    await until(a.leads);
    const { acquireTime, renewTime } = cluster.spec;
    cluster.server.log.length = 0;
    await vi.waitFor(() => expect(cluster.calls('update leases')).toBeGreaterThan(1));
    expect(cluster.calls('get leases')).toBe(0);
    expect(cluster.spec).toMatchObject({ acquireTime, leaseTransitions: 4 });
    expect(cluster.spec.renewTime).not.toBe(renewTime);
  });

  it('keeps what others have written to it', async (cluster) => {
    cluster.put(released(3));
    const a = cluster.stand({ leaseMs: KEPT_MS });
    await until(a.leads);
    const lease = cluster.lease as FakeLease;
    const { metadata } = lease;
    cluster.server.leases.answer('update', 'flyball', {
      ...lease,
      metadata: { ...metadata, annotations: { team: 'shop' } },
    });
    cluster.server.log.length = 0;
    await vi.waitFor(() => expect(cluster.calls('update leases')).toBeGreaterThan(1));
    expect(a.told).toEqual(['changed']);
    expect(a.leadership.fencingToken).toBe(4);
    expect(cluster.lease?.metadata.annotations).toEqual({ team: 'shop' });
  });

  it('has a new term after a lapse, though nobody else has had it', async (cluster) => {
    cluster.put(released(3));
    const a = cluster.stand();
    await until(a.leads);
    cluster.server.fail('update leases', 500, 'InternalError', 1_000);
    await until(() => !a.leads());
    cluster.server.failures.clear();
    await until(a.leads);
    expect(a.leadership.fencingToken).toBeGreaterThan(4);
    expect(cluster.spec.leaseTransitions).toBe(a.leadership.fencingToken);
    expect(a.told.filter((what) => what === 'changed').length).toBeGreaterThanOrEqual(2);
  });

  describe.each([
    ['behind', -3_600_000],
    ['ahead', 3_600_000],
  ])('of another client whose clock is an hour %s', (_, skewMs) => {
    const renewTime = (clock: Clock): string =>
      new Date(clock.now() + skewMs).toISOString().replace('Z', '000Z');

    it('is respected while it is renewed, and taken when it has stood still for its length', async (cluster) => {
      cluster.put(held({ renewTime: renewTime(cluster.clock) }));
      const a = cluster.stand();
      for (let renewal = 0; renewal < 6; renewal += 1) {
        await cluster.clock.sleep(LEASE_MS / 2);
        expect(a.leads()).toBe(false);
        cluster.put(held({ renewTime: renewTime(cluster.clock) }));
      }
      const stoodStill = cluster.clock.monotonic();
      await until(a.leads);
      expect(cluster.clock.monotonic() - stoodStill).toBeGreaterThanOrEqual(LEASE_MS);
      expect(a.leadership.fencingToken).toBe(8);
      expect(cluster.spec.leaseTransitions).toBe(8);
    });
  });

  it('of another client lasts as long as its record says', async (cluster) => {
    cluster.put(held({ leaseDurationSeconds: 4 }));
    const began = cluster.clock.monotonic();
    const a = cluster.stand();
    await until(a.leads);
    expect(cluster.clock.monotonic() - began).toBeGreaterThanOrEqual(4_000);
  });

  it('that is made by two at once is had by one', async (cluster) => {
    cluster.server.before.set('create leases', () => cluster.put(held()));
    const a = cluster.stand({ leaseMs: KEPT_MS });
    await vi.waitFor(() => expect(cluster.calls('get leases')).toBeGreaterThan(2));
    expect(a.leads()).toBe(false);
    expect(a.told).toEqual([]);
    expect(cluster.spec).toEqual(held());
  });

  it('that is taken by two at once is had by one', async (cluster) => {
    cluster.put(released(3));
    cluster.server.before.set('update leases', () => cluster.put(held({ leaseTransitions: 4 })));
    const a = cluster.stand({ leaseMs: KEPT_MS });
    await vi.waitFor(() => expect(cluster.calls('get leases')).toBeGreaterThan(2));
    expect(a.leads()).toBe(false);
    expect(a.told).toEqual([]);
  });

  it('goes on when the answer to a renewal was lost', async (cluster) => {
    cluster.put(released(3));
    const a = cluster.stand({ leaseMs: KEPT_MS });
    await until(a.leads);
    cluster.server.lost.push('update leases');
    await vi.waitFor(() => expect(a.told).toContain('recovered'));
    expect(a.told).toEqual(['changed', expect.stringMatching(/^failed/), 'recovered']);
    expect([a.leads(), a.leadership.fencingToken]).toEqual([true, 4]);
  });

  it('waits for the leader from before, though the answer to its making was lost', async (cluster) => {
    cluster.server.lost.push('create leases');
    const began = cluster.clock.monotonic();
    const a = cluster.stand();
    await until(a.leads);
    expect(cluster.clock.monotonic() - began).toBeGreaterThanOrEqual(LEASE_MS);
    expect(a.leadership.fencingToken).toBeGreaterThan(1);
  });

  it('that was deleted is made anew with a larger number, and its leader waits a lease', async (cluster) => {
    cluster.put(released(41));
    const a = cluster.stand();
    await until(a.leads);
    cluster.server.leases.delete('flyball');
    const deletedAt = cluster.clock.monotonic();
    await until(() => !a.leads());
    await until(a.leads);
    expect(cluster.clock.monotonic() - deletedAt).toBeGreaterThanOrEqual(LEASE_MS);
    expect(cluster.spec.leaseTransitions).toBeGreaterThan(42);
  });

  it('whose number went back does not take the terms back', async (cluster) => {
    cluster.put(held({ leaseTransitions: 41 }));
    const a = cluster.stand();
    await vi.waitFor(() => expect(cluster.calls('get leases')).toBeGreaterThan(1));
    cluster.server.leases.delete('flyball');
    cluster.put(released(1));
    await until(a.leads);
    expect(a.leadership.fencingToken).toBe(42);
  });

  it('is waited for no longer than a third of its length: the leader hears that nobody answers, and goes on', async (cluster) => {
    cluster.put(released(3));
    const a = cluster.stand();
    await until(a.leads);
    cluster.server.hangs = true;
    await until(() => !a.leads());
    await vi.waitFor(() =>
      expect(a.told.filter((what) => what.startsWith('failed')).length).toBeGreaterThan(1),
    );
    expect(new Set(a.told)).toEqual(new Set(['changed', 'failed: Kubernetes has not answered for 667 ms']));
    cluster.server.hangs = false;
    await until(a.leads);
    expect(a.told).toContain('recovered');
  });

  it('that may not be read is told in one line', async (cluster) => {
    cluster.server.rules = [
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'update'] },
    ];
    const a = cluster.stand({ leaseMs: KEPT_MS });
    await vi.waitFor(() => expect(a.told.length).toBeGreaterThan(0));
    expect(a.told[0]).toBe(
      'failed: Kubernetes: cannot read Lease shop/flyball: 403 User "flyball" cannot get resource "leases" in API group "coordination.k8s.io"',
    );
  });

  it('is left alone by one that does not have it', async (cluster) => {
    cluster.put(held());
    const a = cluster.stand();
    await sleep(50);
    await a.leadership.leave();
    expect(cluster.spec).toEqual(held());
  });
});

test('two processes, the lease on a fake API server: the leader is killed, or frozen past its lease; never do both act', {
  timeout: 60_000,
}, async () => {
  const server = new FakeApiServer();
  await server.listen();
  const { port } = server;
  const { takeovers, actions, overlaps } = await failover({
    place: 'kubernetes',
    port,
    rounds: 2,
    leaseMs: 1_000,
  }).finally(() => server.close());
  expect(overlaps).toEqual([]);
  expect(actions).toBeGreaterThan(20);
  expect(takeovers.map(({ how }) => how)).toEqual(['killed', 'frozen']);
  for (const { tookMs } of takeovers) expect(tookMs).toBeLessThanOrEqual(2_000);
});
