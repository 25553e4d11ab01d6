import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/constraints/bounds.ts';
import { createView } from '../../src/testing/create-view.ts';

describe('bounds', () => {
  const trim = (size: number, view: Parameters<typeof createView>[0]) => {
    const plan = { size, adjustments: [] };
    bounds(plan, createView({ minWorkers: 2, maxWorkers: 10, ...view }));
    return plan;
  };

  it.each([
    [1, 2, 'min-workers'],
    [17, 10, 'max-workers'],
  ])('brings %i to %i and leaves a trace', (wanted, size, code) => {
    expect(trim(wanted, {})).toMatchObject({
      size,
      adjustments: [{ by: 'bounds', code, from: wanted, to: size }],
    });
  });

  it('says what the limit cost', () => {
    expect(trim(17, {}).adjustments).toMatchObject([
      { reason: 'maxWorkers allows 10; with maxWorkers 17 this would be 17' },
    ]);
  });

  it('leaves a size within the bounds alone', () => {
    expect(trim(5, {})).toEqual({ size: 5, adjustments: [] });
  });

  it('never cuts a pool that is not seen in full: 12 workers stay 12', () => {
    expect(trim(12, { quality: 'stale', size: 12 }).size).toBe(12);
    expect(trim(13, { quality: 'stale', size: 12 }).size).toBe(12);
  });

  it('leaves a pool that was never seen alone', () => {
    expect(trim(0, { quality: 'none', size: 0 }).size).toBe(0);
  });
});
