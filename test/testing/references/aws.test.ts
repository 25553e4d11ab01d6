import { describe, expect, it } from 'vitest';
import { awsStepScaling } from '../../../src/testing/references/aws-step-scaling.ts';
import { awsTargetTracking } from '../../../src/testing/references/aws-target-tracking.ts';
import { ask, hold } from './play.ts';

describe('aws target tracking', () => {
  it('scales out in proportion after three minutes above the target', () => {
    const engine = awsTargetTracking();
    expect(hold(engine, [0, 165], { ready: 10, load: 8 })).toBe(10);
    // 10 × 80% / 50%.
    expect(ask(engine, 180, { ready: 10, load: 8 })).toBe(16);
  });

  it('scales in after fifteen minutes below 90% of the target', () => {
    const engine = awsTargetTracking();
    expect(hold(engine, [0, 885], { ready: 10, load: 2 })).toBe(10);
    // 10 × 20% / 50%.
    expect(ask(engine, 900, { ready: 10, load: 2 })).toBe(4);
  });

  it('leaves a utilisation between 45% and 50% alone', () => {
    expect(hold(awsTargetTracking(), [0, 1800], { ready: 10, load: 4.7 })).toBe(10);
  });

  it('does not count instances that warm up', () => {
    const engine = awsTargetTracking();
    hold(engine, [0, 165], { ready: 10, load: 40 });
    expect(ask(engine, 180, { ready: 10, load: 40 })).toBe(20);
    // In service at 240 s, in warm-up until 540 s: 10 × 100% / 50% is still what is wanted.
    expect(hold(engine, [240, 525], { ready: 20, load: 40 })).toBe(20);
    expect(hold(engine, [540, 600], { ready: 20, load: 40 })).toBe(40);
  });

  it('does not scale in while a scale-out is under way', () => {
    const engine = awsTargetTracking();
    expect(hold(engine, [0, 900], { ready: 10, starting: 2, load: 2 })).toBe(12);
  });
});

describe('aws step scaling, by the example of the user guide', () => {
  it('adds 10% ten points above the threshold and 30% twenty points above it', () => {
    expect(hold(awsStepScaling(), [0, 180], { ready: 10, load: 6 })).toBe(11);
    // 30% of 11 is 3.3, rounded down.
    expect(hold(awsStepScaling(), [0, 180], { ready: 11, load: 7.7 })).toBe(14);
    expect(hold(awsStepScaling(), [0, 180], { ready: 10, load: 5.9 })).toBe(10);
  });

  it('removes in the same steps', () => {
    // 10% of 14 is 1.4, 30% of 13 is 3.9, both rounded down.
    expect(hold(awsStepScaling(), [0, 900], { ready: 14, load: 5.6 })).toBe(13);
    expect(hold(awsStepScaling(), [0, 900], { ready: 13, load: 3.9 })).toBe(10);
  });

  it('counts what warms up towards what a step asks for', () => {
    const engine = awsStepScaling();
    hold(engine, [0, 180], { ready: 10, load: 6 });
    // One came at 195 s and warms up; 10% of 10 is one: it is there already.
    expect(hold(engine, [195, 240], { ready: 11, load: 6.9 })).toBe(11);
    // 30% of 10 is three, one of them is there: two more.
    expect(hold(engine, [255, 300], { ready: 11, load: 8 })).toBe(13);
  });
});
