import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Policy } from '../src/policies/policy.ts';
import { ScalingController } from '../src/scaling-controller.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';
import { HandPool } from './hand-pool.ts';

const stay: Policy = { name: 'stay', propose: () => undefined };
const controllers: ScalingController[] = [];

function setUp(clock?: VirtualClock) {
  const adapter = new HandPool();
  const observe = vi.spyOn(adapter, 'observe');
  const controller = new ScalingController({
    pools: [{ id: 'pool', adapter, policy: stay }],
    ...(clock !== undefined && { clock }),
    intervalMs: 15_000,
  });
  controllers.push(controller);
  return { adapter, observe, controller };
}

afterEach(async () => {
  await Promise.all(controllers.splice(0).map((controller) => controller.stop()));
});

describe('start and stop', () => {
  it('ticks now and then once per interval', async () => {
    const clock = new VirtualClock();
    const { controller, observe } = setUp(clock);
    controller.start();
    await clock.advance(0);
    expect(observe).toHaveBeenCalledTimes(1);
    await clock.advance(60_000);
    expect(observe).toHaveBeenCalledTimes(5);
    expect(controller.status()).toMatchObject({ running: true, nextTickInMs: 15_000 });
  });

  it('starting twice runs one loop; stopping twice settles together', async () => {
    const clock = new VirtualClock();
    const { controller, observe } = setUp(clock);
    controller.start().start();
    await clock.advance(15_000);
    expect(observe).toHaveBeenCalledTimes(2);
    await Promise.all([controller.stop(), controller.stop()]);
    await controller.stop();
    await clock.advance(60_000);
    expect(observe).toHaveBeenCalledTimes(2);
    expect(clock.pending).toBe(0);
    expect(() => controller.start()).toThrow('was stopped');
    await expect(controller.tick()).rejects.toThrow('was stopped');
  });

  it('an adapter wakes the loop, and many wakes are one tick', async () => {
    const clock = new VirtualClock();
    const { adapter, controller, observe } = setUp(clock);
    const records: unknown[] = [];
    controller.on('tick', ({ trigger, cause }) => records.push({ trigger, cause }));
    controller.start();
    await clock.advance(5_000);
    for (let i = 0; i < 100; i++) adapter.wake?.('job at zero workers');
    await clock.advance(0);
    expect(observe).toHaveBeenCalledTimes(2);
    expect(records[1]).toEqual({ trigger: 'wake', cause: 'pool: job at zero workers' });
    for (let i = 0; i < 100; i++) {
      adapter.wake?.('again');
      await clock.advance(10);
    }
    expect(observe.mock.calls.length).toBeLessThanOrEqual(7);
  });

  it('an operation past its deadline is looked after before the interval ends', async () => {
    const clock = new VirtualClock();
    const { adapter, controller } = setUp(clock);
    let abortedAt: number | undefined;
    adapter.onStart = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          abortedAt = clock.monotonic();
          reject(signal.reason);
        });
      });
    controller.start();
    await clock.advance(1_000);
    void controller.apply('pool', { to: 2, emergency: true });
    await clock.advance(16_000);
    expect(abortedAt).toBeGreaterThanOrEqual(16_000);
    expect(abortedAt).toBeLessThan(16_500);
  });

  it('leaves no timer behind on the machine’s own clock', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const { controller } = setUp();
    controller.start();
    await controller.tick();
    expect(timers()).toBeGreaterThan(before);
    await controller.stop();
    expect(timers()).toBe(before);
  });

  it('is disposable', async () => {
    const clock = new VirtualClock();
    const { adapter, controller } = setUp(clock);
    controller.start();
    await controller[Symbol.asyncDispose]();
    expect(controller.status().running).toBe(false);
    expect(adapter.wake).toBeUndefined();
  });
});
