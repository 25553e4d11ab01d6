import { describe, expect, it } from 'vitest';
import { knative } from '../../../src/testing/references/knative.ts';
import { ask, hold } from './play.ts';

describe('knative', () => {
  it('panics at its beginning, so as not to shrink without a past', () => {
    const engine = knative();
    expect(hold(engine, [0, 60], { ready: 20, load: 7 })).toBe(20);
    // 60 s are over: 7 jobs in flight / 0.7.
    expect(ask(engine, 75, { ready: 20, load: 7 })).toBe(10);
  });

  it('goes by the mean of the stable window', () => {
    const engine = knative();
    hold(engine, [0, 75], { ready: 10, load: 7 });
    // (7 + 7 + 7 + 9.8) / 4 = 7.7: 11 pods.
    expect(ask(engine, 90, { ready: 10, load: 9.8 })).toBe(11);
  });

  it('panics when twice the ready pods are wanted, and does not shrink for 60 s', () => {
    const engine = knative();
    hold(engine, [0, 75], { ready: 5, load: 3.5 });
    // 5 in service and 9 waiting now: 14 / 0.7.
    expect(ask(engine, 90, { ready: 5, load: 5, queued: 9 })).toBe(20);
    expect(hold(engine, [105, 150], { ready: 20, load: 3.5 })).toBe(20);
    // Stable again, but by half at most.
    expect(ask(engine, 165, { ready: 20, load: 3.5 })).toBe(10);
  });

  it('keeps what was needed during the scale-down delay', () => {
    const engine = knative({ scaleDownDelayMs: 120_000 });
    hold(engine, [0, 75], { ready: 20, load: 14 });
    expect(hold(engine, [90, 180], { ready: 20, load: 7 })).toBe(20);
    expect(hold(engine, [195, 255], { ready: 20, load: 7 })).toBe(10);
  });
});
