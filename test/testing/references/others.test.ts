import { describe, expect, it } from 'vitest';
import { createView } from '../../../src/testing/create-view.ts';
import { crawlee } from '../../../src/testing/references/crawlee.ts';
import { findReference, references } from '../../../src/testing/references/index.ts';
import { fitParabola, leastSquares } from '../../../src/testing/references/least-squares.ts';
import { type ReferenceContext, referencePolicy } from '../../../src/testing/references/reference.ts';
import { UsageMeter } from '../../../src/testing/references/usage.ts';
import { step } from '../../../src/testing/workloads.ts';
import { ask } from './play.ts';

const START = Date.UTC(2024, 0, 1);

const context: ReferenceContext = {
  workload: step({ before: 0, after: 4, atMs: 600_000 }),
  durationMs: 1_200_000,
  startAt: START,
  startupMs: 120_000,
  intervalMs: 15_000,
  peakWorkers: 6,
};

describe('crawlee', () => {
  it('goes up by 5% every 10 s while 90% is in use', () => {
    const engine = crawlee();
    expect(ask(engine, 0, { ready: 100, load: 90 })).toBe(105);
    expect(ask(engine, 15, { ready: 100, load: 90 })).toBe(105);
    // Two steps are due: 100, 105; then 90 of 105 is less than ⌊94.5⌋.
    expect(ask(engine, 30, { ready: 100, load: 90 })).toBe(105);
    expect(ask(engine, 60, { ready: 100, load: 100 })).toBe(117);
  });

  it('goes down by 5% when less than 80% is in use', () => {
    expect(ask(crawlee(), 0, { ready: 100, load: 80 })).toBe(100);
    expect(ask(crawlee(), 0, { ready: 100, load: 79 })).toBe(95);
  });
});

describe('those that know the load in advance', () => {
  const sizeAt = (name: string, seconds: number, headroom?: number): number =>
    ask(referencePolicy(findReference(name), context, headroom).engine, seconds, { ready: 1, load: 0 });

  it('static peak and static mean', () => {
    expect(sizeAt('static-peak', 0)).toBe(6);
    expect(sizeAt('static-peak', 0, 1.25)).toBe(8);
    // The mean load is 2: ⌈2 + √2⌉.
    expect(sizeAt('static-mean', 0)).toBe(4);
  });

  it('the oracle orders one start-up before the load comes', () => {
    // Load 4 needs 4 + √4 workers from 600 s on, and a start takes 120 s.
    expect(sizeAt('oracle', 465)).toBe(0);
    expect(sizeAt('oracle', 480)).toBe(6);
    expect(sizeAt('oracle', 1200)).toBe(6);
  });
});

describe('all references', () => {
  it.each(references.map((reference) => [reference.name, reference] as const))('%s', (_, reference) => {
    expect(reference.headroom.curve).toContain(reference.headroom.default);
    const policy = referencePolicy(reference, context);
    expect(policy).toMatchObject({ name: reference.name, pace: {}, predictive: false });
    const size = ask(policy.engine, 0, { ready: 4, load: 3 });
    expect(Number.isInteger(size)).toBe(true);
  });

  it('have a memory of their own', () => {
    for (const reference of references) {
      const [first, second] = [referencePolicy(reference, context), referencePolicy(reference, context)];
      for (let at = 0; at < 1200; at += 15) ask(first.engine, at, { ready: 10, load: at / 100 });
      const fresh = ask(referencePolicy(reference, context).engine, 0, { ready: 4, load: 3 });
      expect(ask(second.engine, 0, { ready: 4, load: 3 })).toBe(fresh);
    }
  });

  it('an unknown name is answered with the known ones', () => {
    expect(() => findReference('hpb')).toThrow(/must be one of hpa, .*oracle, got "hpb"/);
  });
});

describe('usage', () => {
  it('is told by the balance of work', () => {
    const meter = new UsageMeter();
    meter.observe(createView({ now: START, ready: 50, busy: 40, queued: 150 }));
    const usage = meter.observe(
      createView({
        now: START + 15_000,
        ready: 50,
        busy: 33,
        queued: 0,
        demand: { now: 30, backlogSeconds: 0 },
      }),
    );
    // 30 arrived and 150 worker-seconds of backlog went within 15 s.
    expect(usage.busy).toBe(40);
    expect(usage.utilization).toBe(0.8);
    expect(usage.concurrency).toBe(115);
  });
});

describe('least squares', () => {
  it('solves exactly where it can', () => {
    const [a, b] = leastSquares(
      [
        [1, 0],
        [1, 1],
        [1, 2],
      ],
      [3, 5, 7],
    );
    expect(a).toBeCloseTo(3, 6);
    expect(b).toBeCloseTo(2, 6);
    expect(fitParabola([0, 1, 4, 9, 16])(5)).toBeCloseTo(25, 4);
  });
});
