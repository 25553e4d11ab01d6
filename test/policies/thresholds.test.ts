import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/policies/engine.ts';
import { type ThresholdOptions, thresholds } from '../../src/policies/thresholds.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';

const size = (options: ThresholdOptions, view: ViewOptions): number =>
  createEngine([thresholds(options)]).propose(createView(view)).size;
const reason = (options: ThresholdOptions, view: ViewOptions): string =>
  createEngine([thresholds(options)]).propose(createView(view)).reason;

describe('thresholds', () => {
  it.each([
    // Within the band nothing moves; its edges belong to it.
    { demand: 2, of: 4, to: 4, why: 'half busy' },
    { demand: 3.2, of: 4, to: 4, why: 'at the upper threshold' },
    { demand: 1.2, of: 4, to: 4, why: 'at the lower threshold' },
    // Above: the increment, or as much as it takes.
    { demand: 3.3, of: 4, to: 5, why: 'above: the increment' },
    { demand: 14, of: 4, to: 18, why: 'saturated: a step covers the demand (14 / 0.8 = 17.5)' },
    { demand: 36, of: 40, to: 41, why: 'not saturated: the increment, however large the pool' },
    // Below.
    { demand: 1.1, of: 4, to: 3, why: 'below: the increment' },
    { demand: 3, of: 40, to: 10, why: 'far below: back to the lower threshold (3 / 0.3)' },
    { demand: 0.2, of: 1, to: 1, why: 'one worker is needed while there is any demand' },
    { demand: 0, of: 4, to: 0, why: 'no demand needs no workers' },
    // From zero.
    { demand: 0, of: 0, to: 0, why: 'nothing to do' },
    { demand: 3, of: 0, to: 4, why: 'from zero to what the demand needs' },
    { demand: 0.1, of: 0, to: 1, why: 'from zero for any demand' },
  ])('demand $demand on $of workers: $to ($why)', ({ demand, of, to }) => {
    expect(size({ scaleUpThreshold: 0.8, scaleDownThreshold: 0.3 }, { size: of, demand })).toBe(to);
  });

  it('steps by the increment at least, in both directions', () => {
    expect(size({ scalingIncrement: 3 }, { size: 10, demand: 8.1 })).toBe(13);
    expect(size({ scalingIncrement: 3 }, { size: 10, demand: 2.9 })).toBe(7);
  });

  it('does not step down to where it would have to step up again', () => {
    const options = { scaleUpThreshold: 0.5, scaleDownThreshold: 0.4, scalingIncrement: 3 };
    expect(size(options, { size: 4, demand: 1.5 })).toBe(3);
    expect(size(options, { size: 2, demand: 0.7 })).toBe(2);
    expect(reason(options, { size: 2, demand: 0.7 })).toBe(
      'demand 0.7 on 2 workers is 35%, but fewer would be above 50%: 2 stay',
    );
  });

  it('counts the workers that start: a slow start is not answered twice', () => {
    expect(size({}, { ready: 4, starting: 14, demand: 14 })).toBe(18);
  });

  it('grows on the quick average, shrinks when the long one agrees', () => {
    expect(size({}, { size: 4, demand: { fast: 6, slow: 2 } })).toBe(8);
    expect(size({}, { size: 10, demand: { fast: 1, slow: 5 } })).toBe(10);
  });

  it('drains a backlog although the arrivals alone are served', () => {
    const view: ViewOptions = { size: 5, busy: 5, queued: 600, demand: { fast: 3.9, backlogSeconds: 600 } };
    expect(size({}, { ...view, startup: { p50Ms: 60_000 } })).toBe(18);
    expect(size({}, { ...view, queued: 0, demand: { fast: 3.9, backlogSeconds: 0 } })).toBe(5);
  });

  it('says why', () => {
    expect(reason({}, { size: 4, demand: 6.2 })).toBe(
      'demand 6.2 on 4 workers is 155%, above 80%: 8 workers',
    );
    expect(reason({}, { size: 4, demand: 0.4 })).toBe('demand 0.4 on 4 workers is 10%, below 30%: 1 worker');
    expect(reason({}, { size: 4, demand: 2 })).toBe(
      'demand 2 on 4 workers is 50%, within 30% to 80%: 4 stay',
    );
    expect(reason({}, { size: 0, demand: 2 })).toBe('demand 2 on no workers, above 80%: 3 workers');
  });

  describe('trimTo', () => {
    const options = { scaleUpThreshold: 0.9, scaleDownThreshold: 0.1, trimTo: 0.8 };

    it('lets idle workers go between the thresholds', () => {
      expect(size(options, { size: 10, demand: 4 })).toBe(5);
      expect(reason(options, { size: 10, demand: 4 })).toBe(
        'demand was at most 4 lately, 5 workers carry it at 80%',
      );
    });

    it('keeps what was needed lately', () => {
      expect(size(options, { size: 10, demand: { fast: 4, recentPeak: 6.4 } })).toBe(8);
      expect(size(options, { size: 10, demand: { fast: 4, recentPeak: 9 } })).toBe(10);
    });

    it('never grows a pool', () => {
      expect(size(options, { size: 10, demand: 8.9 })).toBe(10);
    });
  });

  it.each([
    { options: { scaleUpThreshold: 0 }, field: 'scaleUpThreshold' },
    { options: { scaleUpThreshold: 1.2 }, field: 'scaleUpThreshold' },
    { options: { scaleDownThreshold: -0.1 }, field: 'scaleDownThreshold' },
    { options: { scaleUpThreshold: 0.5, scaleDownThreshold: 0.5 }, field: 'scaleDownThreshold' },
    { options: { scalingIncrement: 0 }, field: 'scalingIncrement' },
    { options: { scalingIncrement: 1.5 }, field: 'scalingIncrement' },
    { options: { trimTo: 0.3 }, field: 'trimTo' },
    { options: { scaleUpThreshold: Number.NaN }, field: 'scaleUpThreshold' },
  ])('refuses $options', ({ options, field }) => {
    expect(() => thresholds(options)).toThrow(expect.objectContaining({ name: 'InvalidOptionError', field }));
  });
});
