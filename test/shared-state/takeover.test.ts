import { afterEach, describe, expect, test } from 'vitest';
import type { PoolOptions } from '../../src/options.ts';
import { createPolicy } from '../../src/policies/create-policy.ts';
import type { ScalingPolicy } from '../../src/policies/policy.ts';
import { createScheduler } from '../../src/schedule/scheduler.ts';
import { memoryState } from '../../src/state-store/memory-state.ts';
import { HandPool } from '../hand-pool.ts';
import { greedy, INTERVAL_MS, Service } from './instances.ts';

const MINUTE = 60_000;
/** A loop that is woken during a tick ticks again after this. */
const WAKE_SPACING_MS = 250;

let service: Service;

function newService(pool: Partial<PoolOptions> = {}): Service {
  service = new Service(memoryState(), {}, pool);
  return service;
}

/** Nothing may be left that waits for a time to come. */
afterEach(async () => {
  await service.stop();
  expect(service.clock.pending).toBe(0);
});

describe('a new leader', () => {
  test('knows when and in which direction its predecessor changed the size', async () => {
    const { replicas } = newService();
    const [first, second] = [await service.start(), await service.start()];
    await service.elect(first);
    replicas.state = { ready: 1, busy: 1, queued: 3 };
    await service.run();
    replicas.state = { ready: 4, busy: 2, queued: 0 };
    await service.run();
    expect(replicas.asked).toEqual([4, 2]);
    await service.run();
    await service.kill(first);
    await service.elect(second);
    const { pace } = second.last().view;
    expect(second.last().acted).toBe(true);
    expect(pace).toMatchObject({ lastDirection: 'down', reversalsLastHour: 1 });
    expect(pace.sinceUpMs).toBeCloseTo(Number(pace.sinceDownMs) + INTERVAL_MS, -3);
  });

  test('keeps the cooldown that its predecessor began', async () => {
    const patient: ScalingPolicy = {
      ...createPolicy('conservative'),
      engine: { propose: greedy.propose as ScalingPolicy['engine']['propose'] },
      pace: {},
      predictive: false,
    };
    const { replicas } = newService({ policy: patient });
    const [first, second] = [await service.start(), await service.start()];
    await service.elect(first);
    replicas.state = { ready: 2, busy: 2, queued: 8 };
    await service.run();
    expect(replicas.asked).toEqual([10]);
    await service.run();
    await service.kill(first);
    replicas.state = { ready: 10, busy: 10, queued: 5 };
    await service.elect(second);
    expect(second.last().decision.adjustments.map(({ code }) => code)).toContain('cooldown');
    expect(replicas.asked).toEqual([10]);
  });

  test('also where it has just been started', async () => {
    const { replicas } = newService();
    const first = await service.start();
    await service.elect(first);
    replicas.state = { ready: 1, busy: 1, queued: 3 };
    await service.run();
    await service.kill(first);
    const second = await service.start();
    expect(second.ticks).toHaveLength(1);
    expect(second.last().view.pace).toMatchObject({ lastDirection: 'up' });
  });

  test('knows the start-up times that its predecessor has learned, where it has measured none', async () => {
    newService();
    const pool = new HandPool({ ready: 2, busy: 2, queued: 1 });
    pool.onStart = (signal) => service.clock.sleep(25_000, signal);
    const [first, second] = [await service.start({}, pool), await service.start({}, pool)];
    await service.elect(first);
    await service.run(10 * MINUTE);
    const { startup } = first.last().view;
    expect(startup).toMatchObject({ samples: 1 });
    expect(second.last().view.startup).toMatchObject({ samples: 0 });
    await service.kill(first);
    await service.elect(second);
    await service.run();
    expect(second.last().view.startup).toEqual(startup);
  });

  test('keeps an emergency that is open: sizes only grow', async () => {
    const { replicas } = newService({ policy: createPolicy('high-performance') });
    const [first, second] = [await service.start(), await service.start()];
    replicas.state = { ready: 4, busy: 3, queued: 0 };
    await service.run(2 * INTERVAL_MS);
    await service.elect(first);
    await service.run();
    replicas.asked.length = 0;
    const before = replicas.state.ready;
    first.controller.signal({ type: 'load-spike', pool: 'web', magnitude: 1, expectedDemand: 12 });
    await service.run();
    expect(first.last().decision.emergency).toBe(true);
    const size = replicas.state.ready;
    expect(size).toBeGreaterThan(before);
    await service.kill(first);
    replicas.state = { ready: size, busy: 0, queued: 0 };
    await service.elect(second);
    await service.run(7 * MINUTE);
    expect(second.last().view.signals).toMatchObject([{ type: 'load-spike', emergency: true }]);
    expect(second.last().decision.emergency).toBe(true);
    expect(replicas.state.ready).toBeGreaterThanOrEqual(size);
    // One that is started only now knows how it began.
    await service.kill(second);
    const third = await service.start();
    await service.elect(third);
    expect(third.ticks[0]?.pools[0]?.view.emergency).toMatchObject({ sizeBefore: before });
    expect(third.last().decision.emergency).toBe(true);
    await service.run(3 * MINUTE);
    expect(third.last().view.signals).toEqual([]);
    expect(third.last().decision.emergency).toBe(false);
    expect(Math.min(...replicas.asked.slice(0, -1))).toBeGreaterThanOrEqual(size);
  });
});

describe('a follower', () => {
  test('raises a signal: the leader has it within an interval, and is woken', async () => {
    newService();
    const leader = await service.start();
    await service.elect(leader);
    await service.run(5_000);
    const follower = await service.start();
    await service.run(40_000);
    const raisedAt = service.clock.now();
    leader.ticks.length = 0;
    follower.controller.signal({ type: 'external', pool: 'web', expectedDemand: 9, reason: 'a campaign' });
    await service.run(INTERVAL_MS + WAKE_SPACING_MS);
    const woken = leader.ticks.find(({ trigger }) => trigger === 'signal');
    expect(woken).toMatchObject({ cause: 'a campaign' });
    expect(woken?.pools[0]?.view.signals).toMatchObject([{ type: 'external', expectedDemand: 9 }]);
    const first = leader.ticks.find(({ pools: [pool] }) => pool?.view.signals.length === 1);
    expect(Number(first?.at) - raisedAt).toBeLessThanOrEqual(INTERVAL_MS + WAKE_SPACING_MS);
  });

  test('withdraws one: it has ended everywhere, and does not come back', async () => {
    newService();
    const [first, second] = [await service.start(), await service.start()];
    await service.elect(first);
    first.controller.signal({ type: 'external', name: 'sale', pool: 'web', expectedDemand: 9 });
    first.controller.signal({ type: 'external', name: 'batch', pool: 'web', expectedDemand: 5 });
    await service.run();
    expect(second.last().view.signals).toHaveLength(2);
    second.controller.withdraw('external');
    await service.run();
    expect(first.last().view.signals).toEqual([]);
    second.controller.signal({ type: 'external', name: 'batch', pool: 'web', expectedDemand: 6 });
    await service.run();
    expect(first.last().view.signals).toMatchObject([{ name: 'batch', expectedDemand: 6 }]);
    const third = await service.start();
    expect(third.last().view.signals).toMatchObject([{ name: 'batch', expectedDemand: 6 }]);
  });

  test('limits what may be spent, for all', async () => {
    const { replicas } = newService({ price: { perWorkerHour: 1 } });
    const [first, second] = [await service.start(), await service.start()];
    await service.elect(first);
    second.controller.signal({ type: 'cost-threshold', costPerHour: 9, maxCostPerHour: 3 });
    await service.run();
    replicas.state = { ready: 1, busy: 1, queued: 9 };
    await service.run();
    expect(first.last().decision.to).toBe(3);
  });

  test('writes nothing of pools', async () => {
    const { replicas } = newService();
    const [leader, follower] = [await service.start(), await service.start()];
    await service.elect(leader);
    replicas.state = { ready: 1, busy: 1, queued: 3 };
    await service.run(20 * MINUTE);
    await service.stop();
    expect(leader.store.calls).toContain('replace pool/web');
    expect(follower.store.calls.filter((call) => call.startsWith('replace'))).toEqual([]);
  });
});

describe('schedules that are changed while instances run', () => {
  const sale = {
    name: 'sale',
    start: { cron: '0 0 * * *' },
    durationMs: 60 * MINUTE,
    action: { atLeast: 7 },
  };
  const night = { ...sale, name: 'night', action: { atMost: 2 } };

  test('are changed everywhere, and stay so when all are started anew', async () => {
    newService();
    const [a, b, c] = [createScheduler([night]), createScheduler([night]), createScheduler([night])] as const;
    const first = await service.start({ schedules: a });
    await service.start({ schedules: b });
    a.add(sale);
    b.remove('night');
    await service.run(2 * INTERVAL_MS + WAKE_SPACING_MS);
    for (const { schedules } of [a, b]) expect(schedules).toEqual([sale]);
    expect(first.last().view.schedule?.actions).toMatchObject([{ by: 'sale' }]);
    await service.stop();
    const next = await service.start({ schedules: c });
    expect(c.schedules).toEqual([sale]);
    expect(next.last().view.schedule?.actions).toMatchObject([{ by: 'sale' }]);
  });

  test('may be changed again: the last change counts', async () => {
    newService();
    const [a, b] = [createScheduler([night]), createScheduler([night])];
    await service.start({ schedules: a });
    await service.start({ schedules: b });
    a.replace([{ ...night, action: { atMost: 5 } }]);
    await service.run(2 * INTERVAL_MS);
    expect(b.schedules).toEqual([{ ...night, action: { atMost: 5 } }]);
    b.replace([sale]);
    await service.run(2 * INTERVAL_MS);
    expect(a.schedules).toEqual([sale]);
    a.add(night);
    await service.run(2 * INTERVAL_MS);
    expect(b.schedules.map(({ name }) => name)).toEqual(['sale', 'night']);
  });

  test('reach an instance that was given none, and stay through a change of the zone', async () => {
    newService();
    const [first, second] = [await service.start(), await service.start()];
    first.controller.reconfigure({ schedules: [sale] });
    await service.run(2 * INTERVAL_MS + WAKE_SPACING_MS);
    expect(second.last().view.schedule?.actions).toMatchObject([{ by: 'sale' }]);
    second.controller.reconfigure({ zone: 'Europe/Berlin' });
    await service.run(2 * INTERVAL_MS);
    for (const { controller } of [first, second]) {
      expect(controller.dashboard().upcoming[0]).toMatchObject({ by: 'sale' });
    }
  });
});

test('signals stay in force when the options of signals change', async () => {
  newService();
  const first = await service.start();
  first.controller.signal({ type: 'external', pool: 'web', expectedDemand: 9 });
  await service.run();
  first.controller.reconfigure({ signals: { durationMs: 60_000 } });
  await service.run(2 * INTERVAL_MS);
  expect(first.last().view.signals).toMatchObject([{ type: 'external', expectedDemand: 9 }]);
});
