import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PoolAdapter, PoolObservation } from '../../src/core/model.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import type { ControllerOptions } from '../../src/options.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const RUNS = 10_000;

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => {
  unhandled.push(reason);
};
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
let timersBefore: number;

beforeAll(() => {
  process.on('unhandledRejection', onUnhandled);
  timersBefore = timers();
});

afterAll(async () => {
  await new Promise(setImmediate);
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
  expect(timers()).toBeLessThanOrEqual(timersBefore);
});

/** Numbers as a broken host gives them. */
const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 60 }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300, -0, undefined) },
);
const observation = fc.record(
  {
    ready: number,
    busy: number,
    queued: number,
    starting: number,
    draining: number,
    arrived: number,
    completed: number,
    slotsPerWorker: number,
    serviceTimeMs: number,
  },
  { requiredKeys: ['ready', 'busy', 'queued'] },
);

/** How an adapter behaves when it is called. */
const manner = fc.constantFrom('ok', 'ok', 'ok', 'throw', 'reject', 'hang', 'late', 'nonsense');
const step = fc.record({
  observation,
  observing: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'throw', 'reject', 'nonsense'),
  acting: manner,
  passMs: fc.constantFrom(0, 1, 15_000, 15_000, 15_000, 600_000),
  wallJumpMs: fc.constantFrom(0, 0, 0, -3_600_000, 86_400_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const policy = fc.constantFrom(
  'adaptive' as const,
  'conservative' as const,
  'aggressive' as const,
  'cost-optimized' as const,
  'high-performance' as const,
);

/** An adapter that does what the present step says, and counts the workers that it was left with. */
function badAdapter(
  current: () => Step,
  clock: VirtualClock,
  replicas: boolean,
): { adapter: PoolAdapter; asked: number[] } {
  const asked: number[] = [];
  let next = 0;
  const observe = (): PoolObservation | Promise<PoolObservation> => {
    const { observing, observation: given } = current();
    if (observing === 'throw') throw new Error('observe');
    if (observing === 'reject') return Promise.reject(new Error('observe'));
    if (observing === 'nonsense') return 'nonsense' as never;
    return given as PoolObservation;
  };
  const act = <T>(value: T, signal: AbortSignal): Promise<T> => {
    const { acting } = current();
    if (acting === 'throw') throw new Error('act');
    if (acting === 'reject') return Promise.reject(new Error('act'));
    if (acting === 'hang') return new Promise(() => {});
    if (acting === 'late') return clock.sleep(100_000, signal).then(() => value);
    if (acting === 'nonsense') return undefined as never;
    return Promise.resolve(value);
  };
  const adapter: PoolAdapter = replicas
    ? {
        observe,
        scaleTo: (size, signal) => {
          asked.push(size);
          return act(undefined, signal);
        },
      }
    : {
        observe,
        startWorker: (_, signal) => act(`w${next++}`, signal),
        stopWorker: (_, __, signal) => act(undefined, signal),
        drainWorker: (_, signal) => act(undefined, signal),
      };
  return { adapter, asked };
}

describe('a controller over a broken host', () => {
  it(`keeps its bounds and its loop through ${RUNS.toLocaleString('en')} random sequences`, {
    timeout: 180_000,
  }, async () => {
    const sequence = fc.array(step, { minLength: 1, maxLength: 8 });
    const bounds = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 20 }));
    await fc.assert(
      fc.asyncProperty(
        sequence,
        bounds,
        policy,
        fc.boolean(),
        async (steps, [min, extra], name, replicas) => {
          const clock = new VirtualClock();
          let current = steps[0] as Step;
          const { adapter, asked } = badAdapter(() => current, clock, replicas);
          const minWorkers = min;
          const maxWorkers = Math.max(1, min + extra);
          const controller = new ScalingController({
            pools: [{ id: 'pool', adapter, policy: name, minWorkers, maxWorkers }],
            clock,
          });
          for (const next of steps) {
            current = next;
            if (next.wallJumpMs !== 0) clock.setWall(clock.now() + next.wallJumpMs);
            await clock.advance(next.passMs);
            const { pools } = await controller.tick();
            const decision = pools[0]?.decision;
            if (decision === undefined) throw new Error('no decision');
            expect(Number.isInteger(decision.to)).toBe(true);
            // Only a pool that was not seen in full may stay outside its bounds.
            if (pools[0]?.view.quality === 'full') {
              expect(decision.to).toBeGreaterThanOrEqual(minWorkers);
              expect(decision.to).toBeLessThanOrEqual(maxWorkers);
            } else {
              expect(decision.to).toBeGreaterThanOrEqual(Math.min(decision.from, maxWorkers));
            }
          }
          for (const size of asked) expect(size).toBeLessThanOrEqual(Math.max(maxWorkers, 1_000_000));
          const stopping = controller.stop();
          await clock.advance(10_000);
          await stopping;
          expect(clock.pending).toBeLessThanOrEqual(steps.length * 25);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('options', () => {
  it(`${RUNS.toLocaleString('en')} random objects make a controller, or an error that names field, rule and value`, () => {
    const adapter: PoolAdapter = {
      observe: () => ({ ready: 1, busy: 0, queued: 0 }),
      scaleTo: async () => {},
    };
    const value = fc.oneof(
      number,
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.constant([]),
      fc.constant({}),
    );
    const pool = fc.record(
      {
        id: fc.oneof(fc.constant('pool'), value),
        adapter: fc.oneof(fc.constant(adapter), value),
        policy: fc.oneof(
          policy,
          value,
          fc.record(
            {
              template: fc.oneof(policy, value),
              scaleUpThreshold: value,
              scaleUpCooldownMs: value,
              emergency: value,
            },
            { requiredKeys: [] },
          ),
        ),
        minWorkers: value,
        maxWorkers: value,
        mode: value,
        lifecycle: fc.oneof(
          value,
          fc.record({ startTimeoutMs: value, breakerThreshold: value }, { requiredKeys: [] }),
        ),
        predictor: value,
      },
      { requiredKeys: ['id', 'adapter'] },
    );
    const options = fc.record(
      {
        pools: fc.oneof(
          { weight: 5, arbitrary: fc.array(pool, { maxLength: 2 }) },
          { weight: 1, arbitrary: value },
        ),
        intervalMs: fc.oneof(
          value,
          fc.record({ fast: value, normal: value, slow: value }, { requiredKeys: [] }),
        ),
        mode: value,
        observeTimeoutMs: value,
        historySize: value,
      },
      { requiredKeys: ['pools'] },
    );
    fc.assert(
      fc.property(options, (given) => {
        try {
          new ScalingController(given as ControllerOptions);
        } catch (error) {
          if (!(error instanceof InvalidOptionError)) throw error;
          expect(error.message).toContain(error.field);
          expect(error.message).toContain(error.rule);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
