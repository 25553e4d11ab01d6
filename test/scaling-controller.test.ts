import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import type { Decision, PoolView } from '../src/core/model.ts';
import { decide } from '../src/decide.ts';
import { InvalidOptionError } from '../src/errors.ts';
import type { Fault } from '../src/events.ts';
import type { ControllerOptions, PoolOptions } from '../src/options.ts';
import { createPolicy } from '../src/policies/create-policy.ts';
import type { Policy } from '../src/policies/policy.ts';
import { ScalingController } from '../src/scaling-controller.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';
import { HandPool, HandReplicas } from './hand-pool.ts';

/** One worker for each job that is busy or waits. */
const greedy: Policy = {
  name: 'greedy',
  propose: ({ busy, queued }) => ({ kind: 'target', size: busy + queued, reason: `${busy} + ${queued}` }),
};

function setUp(pool: Partial<PoolOptions> = {}, options: Partial<ControllerOptions> = {}) {
  const adapter = new HandPool({ ready: 2, busy: 2, queued: 0 });
  const clock = new VirtualClock();
  const controller = new ScalingController({
    pools: [{ id: 'pool', adapter, policy: greedy, minWorkers: 1, maxWorkers: 10, ...pool }],
    clock,
    intervalMs: 15_000,
    ...options,
  });
  const faults: Fault[] = [];
  const decisions: Decision[] = [];
  controller.on('fault', (fault) => faults.push(fault));
  controller.on('decision', (decision) => decisions.push(decision));
  const tick = async () => {
    await clock.advance(15_000);
    return controller.tick();
  };
  return { adapter, clock, controller, faults, decisions, tick };
}

describe('tick', () => {
  it('has asked for what it decided when it settles', async () => {
    const { adapter, tick } = setUp();
    adapter.set({ queued: 3 });
    await tick();
    expect(adapter.starts).toHaveLength(3);
    expect(adapter.starts[0]).toMatchObject({ skipWarmup: false, emergency: false, reason: '2 + 3' });
  });

  it('asks an orchestrator for a size', async () => {
    const replicas = new HandReplicas();
    const { tick } = setUp({ adapter: replicas });
    replicas.state = { ready: 1, busy: 1, queued: 4 };
    await tick();
    expect(replicas.asked).toEqual([5]);
  });

  it('does not wait for a worker to be ready, and counts it as on its way', async () => {
    const { adapter, clock, controller, tick } = setUp();
    adapter.onStart = () => clock.sleep(40_000);
    adapter.set({ queued: 2 });
    await tick();
    expect(controller.operations('pool')).toHaveLength(2);
    const record = await tick();
    expect(record.pools[0]?.view).toMatchObject({ ready: 2, starting: 2, size: 4 });
    expect(adapter.starts).toHaveLength(2);
    await tick();
    expect((await tick()).pools[0]?.view).toMatchObject({ ready: 4, starting: 0, size: 4 });
    await controller.stop();
  });

  it('never overlaps itself', async () => {
    const { adapter, controller } = setUp();
    let inside = 0;
    let most = 0;
    adapter.observe = async () => {
      most = Math.max(most, ++inside);
      await Promise.resolve();
      inside--;
      return adapter.state;
    };
    await Promise.all([controller.tick(), controller.tick(), controller.tick()]);
    expect(most).toBe(1);
  });

  it('gives a record of plain JSON on which decide gives the same decision again', async () => {
    const { adapter, controller, tick } = setUp({ policy: 'adaptive' });
    adapter.set({ queued: 40 });
    const record = await tick();
    const copy = JSON.parse(JSON.stringify(record)) as typeof record;
    expect(copy).toEqual(record);
    const policy = createPolicy('adaptive');
    const [again] = decide([
      { view: (copy.pools[0] as { view: PoolView }).view, policy, trigger: 'interval' },
    ]);
    expect(again).toEqual(record.pools[0]?.decision);
    await controller.stop();
  });

  it('keeps the reason of an evaluation that was asked for', async () => {
    const { controller } = setUp();
    expect(await controller.tick('deploy finished')).toMatchObject({
      trigger: 'manual',
      cause: 'deploy finished',
    });
    expect(await controller.tick()).toMatchObject({ trigger: 'interval' });
  });
});

describe('dry run', () => {
  it('decides in recommend mode, and does nothing', async () => {
    const { adapter, controller, decisions, tick } = setUp({}, { mode: 'recommend' });
    adapter.set({ queued: 3 });
    await tick();
    expect(decisions).toMatchObject([{ kind: 'scale-up', from: 2, to: 5 }]);
    expect(adapter.starts).toHaveLength(0);
    expect(controller.history('pool')).toEqual([]);
  });

  it('a pool may be dry while the others act', async () => {
    const { adapter, controller, tick } = setUp();
    const other = new HandPool({ ready: 1, busy: 1, queued: 2 });
    controller.addPool({ id: 'dry', adapter: other, policy: greedy, mode: 'recommend' });
    adapter.set({ queued: 1 });
    await tick();
    expect([adapter.starts.length, other.starts.length]).toEqual([1, 0]);
  });

  it('recommend says what would be done now, without doing it', async () => {
    const { adapter, controller, tick } = setUp({}, { mode: 'recommend' });
    adapter.set({ queued: 30 });
    await tick();
    expect(controller.recommend('pool')).toMatchObject({
      to: 10,
      wanted: 32,
      adjustments: [{ code: 'max-workers', from: 32, to: 10 }],
    });
    expect(adapter.starts).toHaveLength(0);
  });

  it('recommend before the first look holds the pool', () => {
    expect(setUp().controller.recommend('pool')).toMatchObject({ kind: 'hold' });
  });
});

describe('apply', () => {
  it('carries a recommendation out and settles when its operations have', async () => {
    const { adapter, controller, tick } = setUp({}, { mode: 'recommend' });
    adapter.set({ queued: 3 });
    await tick();
    const result = await controller.apply('pool', controller.recommend('pool'));
    expect(result).toMatchObject({ settled: true, decision: { from: 2, to: 5 } });
    expect(adapter.starts).toHaveLength(3);
  });

  it('takes just a size', async () => {
    const { adapter, controller, tick } = setUp();
    await tick();
    await controller.apply('pool', { to: 4, reason: 'load test at noon' });
    expect(adapter.starts.map(({ reason }) => reason)).toEqual(['load test at noon', 'load test at noon']);
  });

  it('waits for 30 s at most; the operations go on', async () => {
    const { adapter, clock, controller, tick } = setUp();
    await tick();
    adapter.onStart = () => clock.sleep(50_000);
    const applying = controller.apply('pool', { to: 3 });
    await clock.advance(30_000);
    expect(await applying).toMatchObject({ settled: false });
    await controller.stop();
  });

  it.each([0, 11, 2.5, Number.NaN])('refuses %s: outside the bounds', async (to) => {
    const { controller } = setUp();
    await expect(controller.apply('pool', { to })).rejects.toThrow(
      /decision.to must be an integer from 1 to 10/,
    );
  });
});

describe('pause and resume', () => {
  it('goes on looking, and acts no more', async () => {
    const { adapter, controller, decisions, tick } = setUp();
    controller.pause('pool');
    adapter.set({ queued: 3 });
    await tick();
    expect(decisions).toMatchObject([{ to: 5 }]);
    expect(adapter.starts).toHaveLength(0);
    controller.resume('pool');
    await tick();
    expect(adapter.starts).toHaveLength(3);
  });
});

describe('pools at run time', () => {
  it('joins and leaves', async () => {
    const { controller, tick } = setUp();
    const other = new HandPool({ ready: 1, busy: 1, queued: 1 });
    controller.addPool({ id: 'other', adapter: other, policy: greedy });
    await tick();
    expect(other.starts).toHaveLength(1);
    await controller.removePool('other');
    expect(other.wake).toBeUndefined();
    expect((await tick()).pools.map(({ decision }) => decision.pool)).toEqual(['pool']);
  });

  it('refuses a name that is taken, and one that is unknown', () => {
    const { adapter, controller } = setUp();
    expect(() => controller.addPool({ id: 'pool', adapter })).toThrow(InvalidOptionError);
    expect(() => controller.pause('nobody')).toThrow('id must name a pool of this controller, got "nobody"');
  });
});

describe('what fails at run time', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('socket closed');
      },
      'observe',
      'socket closed',
    ],
    ['rejects', () => Promise.reject(new Error('socket closed')), 'observe', 'socket closed'],
    ['lies', () => ({ ready: Number.NaN, busy: 0, queued: 0 }), 'reading', 'ready must be a number, got NaN'],
    ['gives nothing', () => undefined as never, 'reading', 'observe() must give an object, got undefined'],
  ])('an adapter that %s: the size is held, and it is told once', async (_, observe, source, message) => {
    const { adapter, controller, faults, tick } = setUp();
    adapter.set({ queued: 0 });
    await tick();
    const good = adapter.observe;
    adapter.observe = observe;
    for (let i = 0; i < 3; i++) {
      const record = await tick();
      expect(record.pools[0]).toMatchObject({
        view: { quality: 'stale' },
        decision: { kind: 'hold', to: 2 },
      });
    }
    expect(faults).toMatchObject([{ pool: 'pool', source, message }]);
    expect(controller.status().faults).toMatchObject([{ source, count: 3 }]);
    adapter.observe = good;
    await tick();
    expect(faults).toMatchObject([{}, { source, recovered: true }]);
    expect(controller.status().faults).toEqual([]);
  });

  it('an adapter that hangs costs its deadline, and the other pools nothing but that', async () => {
    const { adapter, clock, controller, faults } = setUp();
    const other = new HandPool({ ready: 1, busy: 1, queued: 1 });
    controller.addPool({ id: 'other', adapter: other, policy: greedy });
    let aborted = false;
    adapter.observe = ((signal: AbortSignal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    }) as never;
    const ticking = controller.tick();
    await clock.advance(5_000);
    await ticking;
    expect(aborted).toBe(true);
    expect(faults).toMatchObject([{ source: 'observe', message: 'observe() did not settle within 5000 ms' }]);
    expect(other.starts).toHaveLength(1);
  });

  it('an adapter that hangs does not hang a host whose clock stands still', async () => {
    const { adapter, controller, faults } = setUp();
    adapter.observe = () => new Promise(() => {});
    await controller.tick();
    expect(faults).toMatchObject([{ source: 'observe' }]);
  });

  it('a policy that throws, or proposes nonsense, leaves the pool as it is', async () => {
    for (const propose of [
      () => {
        throw new Error('division by zero');
      },
      () => ({ kind: 'target', size: Number.NaN, reason: '' }) as const,
    ]) {
      const { faults, tick } = setUp({ policy: { name: 'broken', propose } });
      const record = await tick();
      expect(record.pools[0]?.decision).toMatchObject({ kind: 'hold', refused: [{ by: 'broken' }] });
      expect(faults).toMatchObject([{ source: 'policy' }]);
    }
  });

  it('an engine that throws leaves the pool as it is', async () => {
    const { faults, tick } = setUp({
      policy: {
        propose: () => {
          throw new Error('no');
        },
      },
    });
    expect((await tick()).pools[0]?.decision).toMatchObject({ kind: 'hold', to: 2 });
    expect(faults).toMatchObject([{ source: 'policy', message: 'policy custom threw: no' }]);
  });

  it('a listener that throws or rejects stops neither the loop nor the other listeners', async () => {
    const { controller, faults, tick } = setUp();
    const heard = vi.fn();
    controller.on('tick', () => {
      throw new Error('sync');
    });
    controller.on('decision', async () => {
      throw new Error('async');
    });
    controller.on('tick', heard);
    await tick();
    await Promise.resolve();
    expect(heard).toHaveBeenCalledOnce();
    expect(faults.map(({ source }) => source)).toContain('listener');
  });

  it('a failing listener of one event does not hide that of another', async () => {
    const { controller, faults, tick } = setUp();
    controller.on('decision', () => {
      throw new Error('first');
    });
    controller.on('tick', async () => {
      throw new Error('second');
    });
    for (let i = 0; i < 5; i++) await tick();
    const told = faults.filter(({ source }) => source === 'listener').map(({ message }) => message);
    expect(told).toEqual(["a listener of 'decision' failed: first", "a listener of 'tick' failed: second"]);
  });

  it('a fault listener that throws is not called for its own fault', async () => {
    const { adapter, controller, tick } = setUp();
    let calls = 0;
    controller.on('fault', () => {
      calls++;
      throw new Error('again');
    });
    adapter.observe = () => {
      throw new Error('down');
    };
    await tick();
    expect(calls).toBe(1);
  });

  it('a listener is taken off as it was put on', async () => {
    const { controller, tick } = setUp();
    const heard = vi.fn();
    const once = vi.fn();
    controller.on('tick', heard).once('tick', once);
    await tick();
    controller.off('tick', heard);
    await tick();
    expect([heard.mock.calls.length, once.mock.calls.length]).toEqual([1, 1]);
  });

  it('a predictor that throws is no opinion', async () => {
    const predictor = {
      name: 'broken',
      observe: () => {
        throw new Error('no model');
      },
      forecast: () => undefined,
    };
    const { faults, tick } = setUp({ predictor });
    expect((await tick()).pools[0]?.view.forecast).toBeUndefined();
    expect(faults).toMatchObject([{ source: 'predictor', message: 'no model' }]);
  });
});

describe('what it tells', () => {
  it('writes one log line for a decision that changes something, and none otherwise', async () => {
    const lines: string[] = [];
    const logger = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
    const { adapter, tick } = setUp({}, { logger });
    await tick();
    expect(lines).toEqual([]);
    adapter.set({ queued: 3 });
    await tick();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { pool: 'pool', from: 2, to: 5, wanted: 5, msg: 'pool: 2 → 5: 2 + 3' },
    ]);
  });

  it('keeps the changes of size', async () => {
    const { adapter, controller, tick } = setUp();
    adapter.set({ queued: 1 });
    await tick();
    adapter.set({ busy: 3, queued: 2 });
    await tick();
    expect(controller.history('pool')).toMatchObject([
      { from: 2, to: 3 },
      { from: 3, to: 5 },
    ]);
    expect(controller.status().pools).toMatchObject([
      { id: 'pool', policy: 'greedy', lastChange: { to: 5 } },
    ]);
  });

  it('says when a wish was not followed', async () => {
    const { adapter, controller, tick } = setUp();
    const held: Decision[] = [];
    controller.on('held', (decision) => held.push(decision));
    adapter.set({ queued: 30 });
    await tick();
    expect(held).toMatchObject([{ wanted: 32, to: 10 }]);
  });

  it('sums up efficiency on the normal interval', async () => {
    const { adapter, controller, tick } = setUp();
    const accounts: unknown[] = [];
    controller.on('efficiency', (account) => accounts.push(account));
    adapter.set({ busy: 1 });
    controller.pause('pool');
    for (let i = 0; i < 5; i++) await tick();
    expect(accounts).toEqual([
      expect.objectContaining({ periodMs: 60_000, utilization: 0.5, workerSeconds: 120, wasteRatio: 0.5 }),
    ]);
  });
});

describe('options', () => {
  const adapter = new HandPool();
  it.each<[unknown, string]>([
    [undefined, 'options must be an object'],
    [{}, 'pools must be a list of pools, got undefined'],
    [{ pools: [{ id: '', adapter }] }, 'pools[0].id must not be empty, got ""'],
    [{ pools: [{ id: 'a', adapter: {} }] }, 'pools[0].adapter must be an adapter: observe() with'],
    [
      { pools: [{ id: 'a', adapter: { observe: () => {}, startWorker: () => {} } }] },
      '; it has no stopWorker(), got {"observe":"()","startWorker":"()"}',
    ],
    [{ pools: [{ id: 'a', adapter: { scaleTo: () => {} } }] }, '; it has no observe(), got'],
    [{ pools: [{ id: 'a', adapter, policy: 'agressive' }] }, 'pools[0].policy must be one of adaptive,'],
    [
      { pools: [{ id: 'a', adapter, policy: { scaleUpThreshold: 80 } }] },
      'pools[0].policy.scaleUpThreshold must be above 0 and at most 1, got 80',
    ],
    [
      { pools: [{ id: 'a', adapter, shadows: { bold: { hold: { upCooldown: 5 } } } }] },
      'pools[0].shadows.bold.hold.upCooldown is not an option (',
    ],
    [{ pools: [{ id: 'a', adapter, minWorkers: -1 }] }, 'pools[0].minWorkers must not be negative, got -1'],
    [
      { pools: [{ id: 'a', adapter, minWorkers: 5, maxWorkers: 3 }] },
      'pools[0].maxWorkers must be at least minWorkers (5), got 3',
    ],
    [{ pools: [{ id: 'a', adapter, maxWorkers: 2.5 }] }, 'pools[0].maxWorkers must be an integer, got 2.5'],
    [{ pools: [{ id: 'a', adapter, maxWorker: 3 }] }, 'pools[0].maxWorker is not an option, got 3'],
    [
      {
        pools: [
          { id: 'a', adapter },
          { id: 'a', adapter },
        ],
      },
      'pools[1].id must be unique, got "a"',
    ],
    [
      { pools: [{ id: 'a', adapter, lifecycle: { startTimeoutMs: 0 } }] },
      'pools[0].lifecycle.startTimeoutMs must be above 0, got 0',
    ],
    [{ pools: [], intervalMs: 1 }, 'intervalMs must be at least 10 ms, got 1'],
    [
      { pools: [], intervalMs: { fast: 1_000, normal: 500 } },
      'intervalMs.normal must be at least fast (1000), got 500',
    ],
    [{ pools: [], clock: { now: Date.now } }, 'clock must have now(), monotonic() and sleep()'],
    [{ pools: [], mode: 'dry' }, "mode must be 'act' or 'recommend', got \"dry\""],
    [{ pools: [], logger: 'console' }, 'logger must have info(), warn() and debug(), got "console"'],
    [{ pools: [], predictor: 3 }, 'predictor must be false, a predictor'],
    [{ pools: [], pol: [] }, 'pol is not an option, got []'],
  ])('%j: %s', (options, message) => {
    expect(() => new ScalingController(options as ControllerOptions)).toThrow(InvalidOptionError);
    expect(() => new ScalingController(options as ControllerOptions)).toThrow(message);
  });

  it('a listener for an event that there is not would never be called: it is refused, as is one that is no function', () => {
    const controller = new ScalingController({ pools: [{ id: 'a', adapter: new HandPool() }] });
    expect(() => controller.on('scale' as never, () => {})).toThrow('event must be one of decision, scaled,');
    expect(() => controller.on('scaled', undefined as never)).toThrow(
      "listener of 'scaled' must be a function",
    );
  });

  it('changes are by pool: a list of pools, as the constructor takes it, is told so', () => {
    const controller = new ScalingController({ pools: [{ id: 'a', adapter: new HandPool() }] });
    const pools = [{ id: 'a', maxWorkers: 3 }] as never;
    expect(() => controller.reconfigure({ pools })).toThrow('pools must be changes by id');
  });

  it('needs no more than a pool', async () => {
    const controller = new ScalingController({ pools: [{ id: 'a', adapter: new HandPool() }] });
    await controller.tick();
    expect(controller.status().pools).toMatchObject([{ policy: 'adaptive', minWorkers: 1, maxWorkers: 20 }]);
    await controller.stop();
  });
});

describe('schedules', () => {
  const morning = { name: 'morning', start: { cron: '0 8 * * *' }, durationMs: 3_600_000 } as const;

  it('a floor is there when its window begins: workers are started a start-up time ahead', async () => {
    const { adapter, clock, controller } = setUp(
      { policy: 'adaptive' },
      { schedules: [{ ...morning, action: { atLeast: 6 } }] },
    );
    adapter.set({ busy: 0 });
    await clock.advanceTo(Date.UTC(2026, 0, 5, 7, 58, 50));
    expect((await controller.tick()).pools[0]?.decision.to).toBeLessThan(6);
    await clock.advanceTo(Date.UTC(2026, 0, 5, 7, 59, 10));
    expect((await controller.tick()).pools[0]?.decision).toMatchObject({ to: 6 });
    await controller.stop();
  });

  it('another policy decides during its window', async () => {
    const { clock, controller } = setUp(
      {},
      { schedules: [{ ...morning, action: { policy: 'conservative' } }] },
    );
    const policyAt = async (hour: number) => {
      await clock.advanceTo(Date.UTC(2026, 0, 5, hour, 30));
      return (await controller.tick()).pools[0]?.policy;
    };
    expect([await policyAt(7), await policyAt(8), await policyAt(9)]).toEqual([
      'greedy',
      'conservative',
      'greedy',
    ]);
    await controller.stop();
  });

  it('a scheduler that throws is no opinion, and is told', async () => {
    const schedules = {
      at: () => {
        throw new Error('calendar is down');
      },
      nextChange: () => undefined,
    };
    const { faults, tick } = setUp({}, { schedules });
    expect((await tick()).pools[0]?.view.schedule).toBeUndefined();
    expect(faults).toMatchObject([{ source: 'scheduler', message: 'calendar is down' }]);
  });

  it('refuses a bad one by name before anything is started', () => {
    expect(() =>
      setUp(
        {},
        { schedules: [{ name: 'x', start: { cron: '* * *' }, durationMs: 1, action: { atLeast: 1 } }] },
      ),
    ).toThrow(/schedules\[0\]\.start\.cron must have/);
  });
});

describe('forecasts', () => {
  it('know the days of the zone, and its holidays', async () => {
    const { controller, tick } = setUp(
      { policy: 'adaptive' },
      { zone: 'Europe/Berlin', predictive: { holidays: ['2026-01-06'], weekend: [5, 6] } },
    );
    for (let i = 0; i < 8; i++) await tick();
    expect((await tick()).pools[0]?.view.forecast).toMatchObject({ model: expect.any(String) });
    await controller.stop();
  });

  it.each([
    [{ predictive: { holidays: ['Christmas'] } }, 'predictive.holidays[0] must be a date like 2026-12-25'],
    [{ predictive: { weekend: [9] } }, 'predictive.weekend[0]'],
    [{ zone: 'Mars/Olympus' }, 'zone'],
  ])('refuses %j', (options, message) => {
    expect(() => setUp({}, options)).toThrow(message);
  });

  it('may be switched off for all pools', async () => {
    const { tick } = setUp({ policy: 'adaptive' }, { predictive: { enabled: false } });
    for (let i = 0; i < 8; i++) await tick();
    expect((await tick()).pools[0]?.view.forecast).toBeUndefined();
  });
});
