import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
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
    longLeaseMs: 5_000,
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

describe('a Lease of Kubernetes', () => {
  let server: FakeApiServer;
  let clock: Clock;
  let joined: Instance[] = [];

  beforeEach(async () => {
    server = new FakeApiServer();
    await server.listen();
    clock = quickClock(SPEED);
  });
  afterEach(async () => {
    await Promise.allSettled(joined.map(({ leadership }) => leadership.leave()));
    joined = [];
    server.close();
  });

  const stand = (options: KubernetesLeadershipOptions = {}, its: Clock = clock): Instance => {
    const leadership = kubernetesLeadership(server.kubeConfig(), { leaseMs: LEASE_MS, ...options });
    const instance = instanceOf(leadership, its);
    joined.push(instance);
    return instance;
  };
  const spec = (): FakeLease['spec'] => server.leases.get('flyball')?.spec ?? {};
  const calls = (call: string): number => server.log.filter((each) => each === call).length;

  it('is made where it is missing, in the namespace of the kubeconfig', async () => {
    const a = stand({ instance: 'render-1' });
    await until(a.leads);
    expect(server.leases.get('flyball')?.metadata).toMatchObject({ namespace: 'shop' });
    expect(spec()).toEqual({
      holderIdentity: expect.stringMatching(/^render-1_/),
      leaseDurationSeconds: 2,
      leaseTransitions: 1,
      acquireTime: expect.stringMatching(/\.\d{6}Z$/),
      renewTime: expect.stringMatching(/\.\d{6}Z$/),
    });
    expect(a.leadership.fencingToken).toBe(1);
  });

  it('is renewed by one request, and keeps its term and the moment it was acquired', async () => {
    server.leases.put('flyball', released(3));
    const a = stand();
    await until(a.leads);
    const { acquireTime, renewTime } = spec();
    server.log.length = 0;
    await vi.waitFor(() => expect(calls('update leases')).toBeGreaterThan(2));
    expect(calls('get leases')).toBe(0);
    expect(spec()).toMatchObject({ acquireTime, leaseTransitions: 4 });
    expect(spec().renewTime).not.toBe(renewTime);
  });

  it('keeps what others have written to it', async () => {
    server.leases.put('flyball', released(3));
    const a = stand();
    await until(a.leads);
    const lease = server.leases.get('flyball') as FakeLease;
    const { metadata } = lease;
    server.leases.answer('update', 'flyball', {
      ...lease,
      metadata: { ...metadata, annotations: { team: 'shop' } },
    });
    server.log.length = 0;
    await vi.waitFor(() => expect(calls('update leases')).toBeGreaterThan(3));
    expect(a.told).toEqual(['changed']);
    expect(a.leadership.fencingToken).toBe(4);
    expect(server.leases.get('flyball')?.metadata.annotations).toEqual({ team: 'shop' });
  });

  it('has a new term after a lapse, though nobody else has had it', async () => {
    server.leases.put('flyball', released(3));
    const a = stand();
    await until(a.leads);
    server.fail('update leases', 500, 'InternalError', 1_000);
    await until(() => !a.leads());
    server.failures.clear();
    await until(a.leads);
    expect(a.leadership.fencingToken).toBe(5);
    expect(spec().leaseTransitions).toBe(5);
    expect(a.told.filter((what) => what === 'changed')).toHaveLength(3);
  });

  describe.each([
    ['behind', -3_600_000],
    ['ahead', 3_600_000],
  ])('of another client whose clock is an hour %s', (_, skewMs) => {
    const renewTime = (): string => new Date(clock.now() + skewMs).toISOString().replace('Z', '000Z');

    it('is respected while it is renewed, and taken when it has stood still for its length', async () => {
      server.leases.put('flyball', held({ renewTime: renewTime() }));
      const a = stand();
      for (let renewal = 0; renewal < 6; renewal += 1) {
        await clock.sleep(LEASE_MS / 2);
        expect(a.leads()).toBe(false);
        server.leases.put('flyball', held({ renewTime: renewTime() }));
      }
      const stoodStill = clock.monotonic();
      await until(a.leads);
      expect(clock.monotonic() - stoodStill).toBeGreaterThanOrEqual(LEASE_MS);
      expect(a.leadership.fencingToken).toBe(8);
      expect(spec().leaseTransitions).toBe(8);
    });
  });

  it('of another client lasts as long as its record says', async () => {
    server.leases.put('flyball', held({ leaseDurationSeconds: 4 }));
    const began = clock.monotonic();
    const a = stand();
    await until(a.leads);
    expect(clock.monotonic() - began).toBeGreaterThanOrEqual(4_000);
  });

  it('that is made by two at once is had by one', async () => {
    server.before.set('create leases', () => server.leases.put('flyball', held()));
    const a = stand();
    await vi.waitFor(() => expect(calls('get leases')).toBeGreaterThan(2));
    expect(a.leads()).toBe(false);
    expect(a.told).toEqual([]);
    expect(spec()).toEqual(held());
  });

  it('that is taken by two at once is had by one', async () => {
    server.leases.put('flyball', released(3));
    server.before.set('update leases', () => server.leases.put('flyball', held({ leaseTransitions: 4 })));
    const a = stand();
    await vi.waitFor(() => expect(calls('get leases')).toBeGreaterThan(2));
    expect(a.leads()).toBe(false);
    expect(a.told).toEqual([]);
  });

  it('goes on when the answer to a renewal was lost', async () => {
    server.leases.put('flyball', released(3));
    const a = stand();
    await until(a.leads);
    server.lost.push('update leases');
    await vi.waitFor(() => expect(a.told).toContain('recovered'));
    expect(a.told).toEqual(['changed', expect.stringMatching(/^failed/), 'recovered']);
    expect([a.leads(), a.leadership.fencingToken]).toEqual([true, 4]);
  });

  it('waits for the leader from before, though the answer to its making was lost', async () => {
    server.lost.push('create leases');
    const began = clock.monotonic();
    const a = stand();
    await until(a.leads);
    expect(clock.monotonic() - began).toBeGreaterThanOrEqual(LEASE_MS);
    expect(a.leadership.fencingToken).toBe(2);
  });

  it('that was deleted is made anew with a larger number, and its leader waits a lease', async () => {
    server.leases.put('flyball', released(41));
    const a = stand();
    await until(a.leads);
    server.leases.delete('flyball');
    const deletedAt = clock.monotonic();
    await until(() => !a.leads());
    await until(a.leads);
    expect(clock.monotonic() - deletedAt).toBeGreaterThanOrEqual(LEASE_MS);
    expect(spec().leaseTransitions).toBe(43);
  });

  it('whose number went back does not take the terms back', async () => {
    server.leases.put('flyball', held({ leaseTransitions: 41 }));
    const a = stand();
    await vi.waitFor(() => expect(calls('get leases')).toBeGreaterThan(1));
    server.leases.delete('flyball');
    server.leases.put('flyball', released(1));
    await until(a.leads);
    expect(a.leadership.fencingToken).toBe(42);
  });

  it('is waited for no longer than a third of its length: the leader hears that nobody answers, and goes on', async () => {
    server.leases.put('flyball', released(3));
    const a = stand();
    await until(a.leads);
    server.hangs = true;
    await until(() => !a.leads());
    await vi.waitFor(() =>
      expect(a.told.filter((what) => what.startsWith('failed')).length).toBeGreaterThan(1),
    );
    expect(new Set(a.told)).toEqual(new Set(['changed', 'failed: Kubernetes has not answered for 667 ms']));
    server.hangs = false;
    await until(a.leads);
    expect(a.told).toContain('recovered');
  });

  it('that may not be read is told in one line', async () => {
    server.rules = [
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'update'] },
    ];
    const a = stand();
    await vi.waitFor(() => expect(a.told.length).toBeGreaterThan(0));
    expect(a.told[0]).toBe(
      'failed: Kubernetes: cannot read Lease shop/flyball: 403 User "flyball" cannot get resource "leases" in API group "coordination.k8s.io"',
    );
  });

  it('is left alone by one that does not have it', async () => {
    server.leases.put('flyball', held());
    const a = stand();
    await sleep(50);
    await a.leadership.leave();
    expect(spec()).toEqual(held());
  });
});

test('two processes, the lease on a fake API server: the leader is killed, or frozen past its lease; never do both act', {
  timeout: 60_000,
}, async () => {
  const server = new FakeApiServer();
  await server.listen();
  const { takeovers, actions, overlaps } = await failover({
    place: 'kubernetes',
    port: server.port,
    rounds: 2,
    leaseMs: 1_000,
  });
  server.close();
  expect(overlaps).toEqual([]);
  expect(actions).toBeGreaterThan(20);
  expect(takeovers.map(({ how }) => how)).toEqual(['killed', 'frozen']);
  for (const { tookMs } of takeovers) expect(tookMs).toBeLessThanOrEqual(2_000);
});
