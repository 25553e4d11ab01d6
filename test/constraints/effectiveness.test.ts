import { describe, expect, it } from 'vitest';
import { Effectiveness } from '../../src/constraints/effectiveness.ts';
import { createView } from '../../src/testing/create-view.ts';

const saturated = (ready: number, completionsPerSecond: number) =>
  createView({ ready, busy: ready, queued: 50, flow: { completionsPerSecond } });

/** A scale-up, its workers ready, and a minute of looking. */
function trial(
  effect: Effectiveness,
  before: [number, number],
  after: [number, number],
  at: number,
): boolean {
  effect.begin(saturated(...before));
  let failed = false;
  for (let t = 0; t <= 60_000; t += 15_000) failed = effect.review(saturated(...after), at + t) || failed;
  return failed;
}

describe('Effectiveness', () => {
  it('counts a scale-up that leaves throughput where it was while work waits', () => {
    const effect = new Effectiveness();
    expect(trial(effect, [4, 20], [8, 20.5], 0)).toBe(true);
    expect(trial(effect, [8, 20], [12, 20], 100_000)).toBe(true);
    expect(effect.ineffectiveUps).toBe(2);
  });

  it('is content with a quarter of the expected gain: 4 → 8 workers should bring 20 → 25 jobs/s', () => {
    expect(trial(new Effectiveness(), [4, 20], [8, 25], 0)).toBe(false);
  });

  it('forgets once the queue is gone', () => {
    const effect = new Effectiveness();
    trial(effect, [4, 20], [8, 20], 0);
    effect.begin(saturated(8, 20));
    effect.review(createView({ ready: 8, busy: 2, queued: 0 }), 100_000);
    expect(effect.ineffectiveUps).toBe(0);
  });

  it('lets another be tried after ten minutes', () => {
    const effect = new Effectiveness();
    trial(effect, [4, 20], [8, 20], 0);
    effect.review(saturated(8, 20), 11 * 60_000);
    expect(effect.ineffectiveUps).toBe(0);
  });

  it('says nothing where the host reports no totals', () => {
    const effect = new Effectiveness();
    effect.begin(createView({ ready: 4, busy: 4, queued: 9, flow: null }));
    expect(effect.review(saturated(8, 1), 60_000)).toBe(false);
  });
});
