import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { composeAdapter, type ReplicaScaler } from '../../../src/adapters/compose.ts';
import {
  type KubernetesWorkloadOptions,
  kubernetesWorkload,
  LateTermError,
} from '../../../src/adapters/kubernetes.ts';
import type { Fault } from '../../../src/events.ts';
import { ScalingController } from '../../../src/index.ts';
import type { Leadership } from '../../../src/leadership/leadership.ts';
import { FakeApiServer } from './fake-api-server.ts';

const TERM = 'flyball.dev/term';
const { signal } = new AbortController();

let server: FakeApiServer;
beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
});
afterEach(() => server.close());

const workload = (options: Partial<KubernetesWorkloadOptions> = {}): Promise<ReplicaScaler> =>
  kubernetesWorkload({ name: 'worker', kubeConfig: server.kubeConfig(), ...options });

const calls = (call: string): number => server.log.filter((each) => each === call).length;

describe.each(['Deployment', 'StatefulSet'] as const)('a size of a term of leadership, for a %s', (kind) => {
  const plural = `${kind.toLowerCase()}s`;
  let scaler: ReplicaScaler;
  beforeEach(async () => {
    server.kind = kind;
    scaler = await workload({ kind });
    await scaler.scaleTo(3, signal, { fencingToken: 7 });
  });

  it('is written in one step with the number of the term', () => {
    expect(server.replicas).toBe(3);
    expect(server.annotations).toEqual({ [TERM]: '7' });
    expect([calls(`patch ${plural}`), calls(`patch ${plural}/scale`)]).toEqual([1, 0]);
  });

  it('is followed by others of its term and of later ones', async () => {
    await scaler.scaleTo(4, signal, { fencingToken: 7 });
    expect([server.replicas, server.annotations[TERM]]).toEqual([4, '7']);
    await scaler.scaleTo(2, signal, { fencingToken: 9 });
    expect([server.replicas, server.annotations[TERM]]).toEqual([2, '9']);
  });

  it('of an earlier term is refused and leaves no trace', async () => {
    const busy = await workload({ kind, busyPods: () => ({ 'worker-0': 5, 'worker-1': 1, 'worker-2': 0 }) });
    await vi.waitFor(() => expect(server.pods.every(({ ready }) => ready)).toBe(true));
    const before = JSON.stringify(server.pods);
    for (const size of [1, 3, 9]) {
      await expect(busy.scaleTo(size, signal, { fencingToken: 6 })).rejects.toThrow(LateTermError);
    }
    await expect(busy.scaleTo(9, signal, { fencingToken: 6 })).rejects.toThrow(
      `${kind} shop/worker was scaled in term 7 of leadership already: term 6 is over`,
    );
    expect(server.replicas).toBe(3);
    expect(server.annotations).toEqual({ [TERM]: '7' });
    expect(JSON.stringify(server.pods)).toBe(before);
    expect(calls(`patch ${plural}`)).toBe(1);
  });

  it('that is overtaken by a later term between its look and its write is refused', async () => {
    server.before.set(`patch ${plural}`, () => {
      server.annotations[TERM] = '8';
      server.scale(5);
    });
    await expect(scaler.scaleTo(9, signal, { fencingToken: 7 })).rejects.toThrow(LateTermError);
    expect([server.replicas, server.annotations[TERM]]).toEqual([5, '8']);
  });

  it('is written again when only something else has changed meanwhile', async () => {
    server.before.set(`patch ${plural}`, () => server.touch());
    await scaler.scaleTo(9, signal, { fencingToken: 7 });
    expect(server.replicas).toBe(9);
    expect(calls(`patch ${plural}`)).toBe(3);
  });

  it('that is there already is written for a new term only: earlier ones are over then', async () => {
    await scaler.scaleTo(3, signal, { fencingToken: 7 });
    expect(calls(`patch ${plural}`)).toBe(1);
    await scaler.scaleTo(3, signal, { fencingToken: 8 });
    await expect(scaler.scaleTo(4, signal, { fencingToken: 7 })).rejects.toThrow(LateTermError);
    expect(server.annotations[TERM]).toBe('8');
  });
});

it('what stands in the annotation and is no term holds nobody up', async () => {
  server.annotations[TERM] = 'spring';
  await (await workload()).scaleTo(2, signal, { fencingToken: 1 });
  expect([server.replicas, server.annotations[TERM]]).toEqual([2, '1']);
});

it('an instance that is alone needs no more rights than before', async () => {
  const scaler = await workload();
  server.log.length = 0;
  await scaler.scaleTo(2, signal);
  expect([calls('get deployments'), calls('patch deployments')]).toEqual([0, 0]);
  expect(server.annotations).toEqual({});
});

it('a leader that is woken after its term cannot undo what the next one did, and tells', async () => {
  // Its clock is wrong, or it was frozen after it had looked: it takes itself for the leader.
  const late: Leadership = { isLeader: () => true, fencingToken: 6, join() {}, async leave() {} };
  await (await workload()).scaleTo(3, signal, { fencingToken: 7 });
  const controller = new ScalingController({
    pools: [
      {
        id: 'render',
        adapter: composeAdapter({ observe: () => ({ queued: 9, active: 0 }), scale: await workload() }),
        policy: { name: 'nine', propose: () => ({ kind: 'target', size: 9, reason: 'jobs wait' }) },
        predictor: false,
      },
    ],
    leadership: late,
  });
  const faults: Fault[] = [];
  controller.on('fault', (fault) => faults.push(fault));
  await controller.tick();
  await vi.waitFor(() => expect(faults.length).toBeGreaterThan(0));
  expect(faults[0]?.message).toContain('term 6 is over');
  expect(server.replicas).toBe(3);
  await controller.stop();
});
