import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PoolView } from '../../src/core/view.ts';
import { createPolicy } from '../../src/policies/create-policy.ts';
import { demand } from '../../src/policies/demand.ts';
import { createEngine } from '../../src/policies/engine.ts';
import { latency } from '../../src/policies/latency.ts';
import type { PolicyEngine } from '../../src/policies/policy.ts';
import { queueDrain } from '../../src/policies/queue-drain.ts';
import { slo } from '../../src/policies/slo.ts';
import { targetUtilization } from '../../src/policies/target-utilization.ts';
import { templates } from '../../src/policies/templates.ts';
import { thresholds } from '../../src/policies/thresholds.ts';
import { createView } from '../../src/testing/create-view.ts';

/** Every rule alone, and every template. `adaptive` has its own. */
const engines: readonly (readonly [string, PolicyEngine])[] = [
  ['thresholds', createEngine([thresholds()])],
  ['thresholds that trim', createEngine([thresholds({ trimTo: 0.6 })])],
  ['targetUtilization', createEngine([targetUtilization()])],
  ['demand', createEngine([demand()])],
  ['queueDrain', createEngine([queueDrain()])],
  ['latency of a wait', createEngine([latency({ waitMs: 500 })])],
  ['latency of a response', createEngine([latency({ responseMs: 2000 })])],
  ['slo', createEngine([slo()])],
  ...Object.keys(templates).map((name) => [name, createPolicy(name as 'conservative').engine] as const),
];

/** The load of a pool: everything that grows when there is more of it. */
interface Load {
  fast: number;
  slow: number;
  recentPeak: number;
  busyRatio: number;
  queued: number;
  arrivalsPerSecond: number;
  waitTimeMs: number;
}

const amount = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true });

const loads: fc.Arbitrary<Load> = fc.record({
  fast: amount(60),
  slow: amount(60),
  recentPeak: amount(60),
  busyRatio: amount(1),
  queued: fc.integer({ min: 0, max: 2000 }),
  arrivalsPerSecond: amount(100),
  waitTimeMs: amount(60_000),
});

const pools = fc.record({
  ready: fc.integer({ min: 0, max: 60 }),
  starting: fc.integer({ min: 0, max: 20 }),
  slotsPerWorker: fc.integer({ min: 1, max: 4 }),
  serviceTimeMs: fc.double({ min: 1, max: 5000, noNaN: true }),
  arrivalVariation: amount(10),
  reportsFlow: fc.boolean(),
});

type Pool = typeof pools extends fc.Arbitrary<infer T> ? T : never;

function viewOf(pool: Pool, load: Load): PoolView {
  const { ready, starting, slotsPerWorker, serviceTimeMs, arrivalVariation } = pool;
  const { fast, slow, queued, waitTimeMs, arrivalsPerSecond } = load;
  return createView({
    ready,
    starting,
    slotsPerWorker,
    busy: load.busyRatio * ready,
    queued,
    demand: {
      now: fast,
      fast,
      slow,
      recentPeak: Math.max(fast, load.recentPeak),
      backlogSeconds: (queued * serviceTimeMs) / 1000 / slotsPerWorker,
    },
    flow: pool.reportsFlow
      ? {
          arrivalsPerSecond,
          serviceTimeMs,
          arrivalVariation,
          waitTimeMs,
          responseTimeMs: waitTimeMs + serviceTimeMs,
        }
      : null,
  });
}

function heavier(a: Load, b: Load): Load {
  const more = { ...a };
  for (const field of Object.keys(a) as (keyof Load)[]) more[field] = Math.max(a[field], b[field]);
  return more;
}

describe.each(engines)('%s', (_, engine) => {
  it('never wants fewer workers for more load', () => {
    fc.assert(
      fc.property(pools, loads, loads, (pool, load, other) => {
        const less = engine.propose(viewOf(pool, load)).size;
        const more = engine.propose(viewOf(pool, heavier(load, other))).size;
        expect(more).toBeGreaterThanOrEqual(less);
      }),
      { numRuns: 300 },
    );
  });

  it('wants a whole number of workers, 0 or more, and says why', () => {
    fc.assert(
      fc.property(pools, loads, (pool, load) => {
        const { size, reason, refused } = engine.propose(viewOf(pool, load));
        expect(Number.isInteger(size) && size >= 0).toBe(true);
        expect(reason.length).toBeGreaterThan(10);
        expect(reason).not.toMatch(/NaN|Infinity|undefined/);
        expect(refused).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('is pure: the same view, the same proposal, and the view is left as it was', () => {
    fc.assert(
      fc.property(pools, loads, (pool, load) => {
        const view = viewOf(pool, load);
        const before = structuredClone(view);
        const first = engine.propose(view);
        expect(engine.propose(structuredClone(view))).toEqual(first);
        expect(view).toEqual(before);
        expect(JSON.parse(JSON.stringify(first))).toEqual(first);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an emergency', () => {
  const { engine } = createPolicy('high-performance');

  it('never shrinks a pool, and asks for 10 workers at most by itself', () => {
    fc.assert(
      fc.property(pools, loads, (pool, load) => {
        const view = viewOf(pool, load);
        const { emergency, emergencySize = 0, size } = engine.propose(view);
        if (emergency !== true) return;
        expect(size).toBeGreaterThanOrEqual(view.size);
        expect(emergencySize).toBeLessThanOrEqual(Math.max(view.size, view.ready + 10));
      }),
      { numRuns: 500 },
    );
  });
});
