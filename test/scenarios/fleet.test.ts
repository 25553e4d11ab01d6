import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ControllerOptions, PoolOptions } from '../../src/options.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { SimulatedPool } from '../../src/testing/simulated-pool.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { burst } from '../../src/testing/workloads.ts';
import { HandPool } from '../hand-pool.ts';

const MB = 2 ** 20;
const greedy: Policy = {
  name: 'greedy',
  propose: ({ busy, queued }) => ({ kind: 'target', size: busy + queued, reason: `${busy} + ${queued}` }),
};

function fleet(
  pools: readonly (Partial<PoolOptions> & { readonly adapter: HandPool })[],
  options: Partial<ControllerOptions> = {},
) {
  const clock = new VirtualClock();
  const controller = new ScalingController({
    clock,
    intervalMs: 15_000,
    pools: pools.map((pool, index) => ({ id: `pool-${index}`, policy: greedy, maxWorkers: 100, ...pool })),
    ...options,
  });
  const tick = async () => {
    await clock.advance(15_000);
    return controller.tick();
  };
  return { clock, controller, tick };
}

const wanting = (ready: number, queued: number): HandPool => new HandPool({ ready, busy: ready, queued });

describe('many pools under one budget', () => {
  it('serves the higher priority first', async () => {
    const [low, high] = [wanting(2, 8), wanting(2, 8)];
    const { tick } = fleet([{ adapter: low }, { adapter: high, share: { priority: 1 } }], {
      budget: { maxWorkers: 12 },
    });
    await tick();
    expect([low.starts.length, high.starts.length]).toEqual([0, 8]);
  });

  it('says what the budget cost', async () => {
    const { tick } = fleet([{ adapter: wanting(2, 8) }, { adapter: wanting(2, 8) }], {
      budget: { maxWorkers: 10 },
    });
    const { pools } = await tick();
    expect(pools.map(({ decision }) => decision.adjustments)).toEqual([
      [expect.objectContaining({ by: 'budget', code: 'budget', from: 10, to: 5 })],
      [expect.objectContaining({ by: 'budget', code: 'budget', from: 10, to: 5 })],
    ]);
  });

  it('is never exceeded, whatever the pools want', async () => {
    const demands = fc.array(fc.array(fc.nat(30), { minLength: 3, maxLength: 3 }), {
      minLength: 1,
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(demands, fc.integer({ min: 3, max: 40 }), async (steps, maxWorkers) => {
        const adapters = [wanting(1, 0), wanting(1, 0), wanting(1, 0)];
        const { tick } = fleet(
          adapters.map((adapter) => ({ adapter })),
          { budget: { maxWorkers } },
        );
        for (const step of steps) {
          for (const [index, adapter] of adapters.entries()) {
            const demand = step[index] as number;
            adapter.set({
              busy: Math.min(demand, adapter.state.ready),
              queued: Math.max(0, demand - adapter.state.ready),
            });
          }
          await tick();
          expect(adapters.reduce((sum, { state }) => sum + state.ready, 0)).toBeLessThanOrEqual(maxWorkers);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a paused pool takes nothing from the others', async () => {
    const [paused, other] = [wanting(2, 8), wanting(2, 6)];
    const { controller, tick } = fleet([{ adapter: paused, share: { priority: 9 } }, { adapter: other }], {
      budget: { maxWorkers: 10 },
    });
    controller.pause('pool-0');
    await tick();
    expect(other.starts).toHaveLength(6);
  });

  it('a dry run of the whole shares as the act would', async () => {
    const { controller, tick } = fleet(
      [{ adapter: wanting(2, 8) }, { adapter: wanting(2, 8), share: { priority: 1 } }],
      {
        mode: 'recommend',
        budget: { maxWorkers: 12 },
      },
    );
    await tick();
    expect([controller.recommend('pool-0').to, controller.recommend('pool-1').to]).toEqual([2, 10]);
  });

  it('refuses guarantees that it cannot keep', () => {
    const pools = [
      { adapter: wanting(1, 0), minWorkers: 6 },
      { adapter: wanting(1, 0), minWorkers: 5 },
    ];
    expect(() => fleet(pools, { budget: { maxWorkers: 10 } })).toThrow(
      'budget.maxWorkers must cover what the pools are guaranteed (11 workers), got 10',
    );
  });

  it('tells a router how to divide jobs, and a caller where a demand would go', async () => {
    const { controller, tick } = fleet([
      { adapter: wanting(6, 0) },
      { adapter: wanting(2, 0), price: { perWorkerHour: 1 } },
    ]);
    await tick();
    expect(controller.weights()).toEqual({ 'pool-0': 0.75, 'pool-1': 0.25 });
    expect(controller.coordinate(4, { 'pool-0': 0 })).toMatchObject({
      assignments: [{ pool: 'pool-1', demand: 4 }],
      unplaced: 0,
    });
  });
});

describe('resources', () => {
  it('64 MB workers never outgrow a quota of 512 MB, and the refusal names resource, need and what is free', async () => {
    const adapter = wanting(2, 60);
    const { controller, tick } = fleet([{ adapter, needs: { memoryBytes: 64 * MB } }], {
      resources: { maxMemoryBytes: 512 * MB, emergencyReserveRatio: 0 },
    });
    for (let i = 0; i < 5; i++) await tick();
    expect(adapter.state.ready).toBe(8);
    expect(controller.recommend('pool-0').infeasible).toMatchObject({ limiting: 'memory' });
    expect(controller.recommend('pool-0').infeasible?.reason).toMatch(/memory.*64 MiB/);
  });

  it('where nothing more fits the workers that are there are made leaner, once', async () => {
    const adapter = Object.assign(wanting(8, 60), {
      optimizeWorkers: async () => ({ optimized: 8, gainRatio: 0.2 }),
    });
    const { controller, tick } = fleet([{ adapter, needs: { memoryBytes: 64 * MB } }], {
      resources: { maxMemoryBytes: 512 * MB, emergencyReserveRatio: 0 },
    });
    const outcomes: unknown[] = [];
    controller.on('optimized', (event) => outcomes.push(event));
    await tick();
    await tick();
    expect(outcomes).toEqual([
      expect.objectContaining({
        pool: 'pool-0',
        resource: 'memory',
        result: { optimized: 8, gainRatio: 0.2 },
      }),
    ]);
  });

  it('a guard that fails is told once; what it sensed last goes on to hold', async () => {
    let fails = false;
    const adapter = wanting(2, 60);
    const { controller, tick } = fleet([{ adapter }], {
      resources: {
        sense: () => {
          if (fails) throw new Error('no cgroup');
          return { supplies: [{ resource: 'workers', total: 6, by: 'quota' }] };
        },
        judge: (request) => ({ feasible: true, request, resources: [] }),
      },
    });
    const faults: unknown[] = [];
    controller.on('fault', (fault) => faults.push(fault));
    await tick();
    fails = true;
    await tick();
    await tick();
    expect(adapter.state.ready).toBe(6);
    expect(faults).toMatchObject([{ source: 'guard', message: 'no cgroup' }]);
  });
});

describe('signals', () => {
  it('a spike that the host announces is met at once, and within bounds', async () => {
    const adapter = wanting(4, 0);
    const { controller, tick } = fleet([{ adapter, policy: 'adaptive', maxWorkers: 9 }]);
    await tick();
    controller.signal({ type: 'load-spike', pool: 'pool-0', magnitude: 0.9, expectedDemand: 20 });
    const { pools } = await tick();
    expect(pools[0]?.decision).toMatchObject({ emergency: true, trigger: 'signal', to: 9 });
    expect(
      adapter.starts
        .filter(({ emergency }) => emergency)
        .every(({ skipWarmup, timeoutMs }) => skipWarmup && timeoutMs === 15_000),
    ).toBe(true);
  });

  it('an upstream’s rate limit: throttled from 70%, cut from 90%', async () => {
    const adapter = wanting(10, 5);
    const { controller, tick } = fleet([{ adapter, policy: 'adaptive' }]);
    const advice: unknown[] = [];
    controller.on('throttle', (event) => advice.push(event));
    adapter.set({ rateLimit: { current: 75, limit: 100 } });
    await tick();
    expect(advice).toHaveLength(1);
    adapter.set({ rateLimit: { current: 100, limit: 100 } });
    const { pools } = await tick();
    expect(pools[0]?.decision.reason).toMatch(/rate limit/);
    expect(pools[0]?.decision.to).toBeLessThan(10);
  });

  it('a failing dependency is not fed with more workers', async () => {
    const adapter = wanting(4, 40);
    const { controller, tick } = fleet([{ adapter, policy: 'adaptive' }]);
    await tick();
    const before = adapter.state.ready;
    controller.signal({ type: 'error-rate', pool: 'pool-0', errorRatio: 0.6 });
    adapter.set({ busy: before, queued: 500 });
    expect((await tick()).pools[0]?.decision.to).toBeLessThanOrEqual(before);
  });

  it('refuses what is no signal, and a pool that is none', () => {
    const { controller } = fleet([{ adapter: wanting(1, 0) }]);
    expect(() => controller.signal({ type: 'load-spike', magnitude: 7 })).toThrow(/signal.magnitude/);
    expect(() => controller.signal({ type: 'load-spike', magnitude: 0.5, pool: 'nobody' })).toThrow(
      /must name a pool/,
    );
  });

  it.each([
    ['all goes well', {}],
    ['30% of the starts fail', { startFailureRatio: 0.3 }],
    ['30% of the starts hang', { startHangRatio: 0.3 }],
  ])(
    'a detected spike, when %s: emergency workers within an interval, gone after it, no job lost',
    async (_, trouble) => {
      const MINUTE = 60_000;
      const clock = new VirtualClock();
      const workload = burst({ base: 4, peak: 20, atMs: 20 * MINUTE, forMs: 5 * MINUTE });
      const pool = new SimulatedPool({ clock, workload, startupMs: 5_000, initialWorkers: 6, ...trouble });
      const controller = new ScalingController({
        clock,
        pools: [{ id: 'pool', adapter: pool, policy: 'high-performance', maxWorkers: 60 }],
      });
      let emergencyAt: number | undefined;
      controller.on('decision', (decision) => {
        if (decision.emergency) emergencyAt ??= clock.monotonic();
      });
      let peak = 0;
      while (clock.monotonic() < 60 * MINUTE) {
        await clock.advance(15_000);
        await controller.tick();
        peak = Math.max(peak, pool.size);
      }
      expect(emergencyAt).toBeLessThanOrEqual(20 * MINUTE + 30_000);
      expect(peak).toBeGreaterThanOrEqual(20);
      expect(pool.size).toBeLessThan(peak / 1.5);
      expect(pool.totals.lost).toBe(0);
      await controller.stop();
    },
  );
});

describe('reconfigure', () => {
  it('changes all at once', async () => {
    const adapter = wanting(2, 8);
    const { controller, tick } = fleet([{ adapter }]);
    controller.reconfigure({
      budget: { maxWorkers: 5 },
      pools: { 'pool-0': { minWorkers: 3 } },
      intervalMs: 1_000,
    });
    const { pools } = await tick();
    expect(pools[0]).toMatchObject({ decision: { to: 5 }, view: { minWorkers: 3, intervalMs: 1_000 } });
  });

  it.each([
    [
      { mode: 'recommend', pools: { 'pool-0': { maxWorkers: -1 } } },
      'pools.pool-0.maxWorkers must not be negative',
    ],
    [{ mode: 'recommend', budget: { maxWorkers: 0 } }, 'budget.maxWorkers must be at least 1'],
    [{ mode: 'recommend', pools: { nobody: {} } }, 'pools must name pools of this controller'],
    [{ mode: 'recommend', pools: { 'pool-0': { adapter: {} } } }, 'pools.pool-0.adapter cannot be changed'],
    [{ mode: 'recommend', schedules: [{ name: 'x', start: { cron: '* *' } }] }, 'schedules[0]'],
  ])('or nothing: %j', async (changes, message) => {
    const adapter = wanting(2, 8);
    const { controller, tick } = fleet([{ adapter }]);
    expect(() => controller.reconfigure(changes as never)).toThrow(message);
    expect(controller.status().mode).toBe('act');
    await tick();
    expect(adapter.starts).toHaveLength(8);
  });

  it('keeps what pools have learned and the signals in force', async () => {
    const adapter = wanting(4, 0);
    const { controller, tick } = fleet([{ adapter, policy: 'adaptive' }]);
    controller.signal({ type: 'external', pool: 'pool-0', expectedDemand: 12, durationMs: 600_000 });
    await tick();
    controller.reconfigure({ budget: { maxWorkers: 50 } });
    expect((await tick()).pools[0]?.view.signals).toMatchObject([{ type: 'external', expectedDemand: 12 }]);
  });

  it('a pool of a type has its policy', () => {
    const { controller } = fleet([{ adapter: wanting(1, 0), policy: undefined as never, type: 'embedding' }]);
    expect(controller.status().pools[0]?.policy).toBe('aggressive');
    controller.reconfigure({ policyByType: { embedding: 'adaptive' } });
    expect(controller.status().pools[0]?.policy).toBe('adaptive');
  });

  it('switched off, start does nothing', async () => {
    const adapter = wanting(2, 8);
    const { clock, controller } = fleet([{ adapter }], { enabled: false });
    controller.start();
    await clock.advance(60_000);
    expect(adapter.starts).toHaveLength(0);
  });
});
