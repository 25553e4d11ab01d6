import { describe, expect, it } from 'vitest';
import { signalCeiling } from '../../src/constraints/signal-ceiling.ts';
import { beginPlan } from '../../src/core/plan.ts';
import type { ActiveSignal } from '../../src/core/signal.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';

const now = createView().now;
const limit = (ceiling: number, more: Partial<ActiveSignal> = {}): ActiveSignal => ({
  type: 'rate-limit',
  magnitude: 0.95,
  raisedAt: now,
  expiresAt: now + 60_000,
  emergency: false,
  ceiling,
  reason: '95% of the rate limit is in use',
  ...more,
});

function limited(wanted: number, options: ViewOptions, emergency = false) {
  const plan = beginPlan({ kind: 'target', size: wanted, reason: 'held by a cooldown' });
  signalCeiling(plan, createView({ size: 10, ...options }), emergency);
  return plan;
}

describe('signalCeiling', () => {
  it.each([
    [
      'cuts to the lowest ceiling, below what runs',
      { signals: [limit(8), limit(6), limit(9)] },
      10,
      false,
      6,
    ],
    ['leaves alone what is below it', { signals: [limit(8)] }, 7, false, 7],
    ['ignores what has expired', { signals: [limit(3, { expiresAt: now })] }, 10, false, 10],
    ['knows no ceiling where none is set', { signals: [] }, 12, false, 12],
    ['stops only growth in an emergency', { signals: [limit(6)] }, 15, true, 10],
    [
      'does not cut a pool that is not seen',
      { quality: 'stale' as const, signals: [limit(6)] },
      15,
      false,
      10,
    ],
  ])('%s', (_, options, wanted, emergency, size) => {
    expect(limited(wanted, options, emergency).size).toBe(size);
  });

  it.each([
    ['rate-limit', 'rate-limit'],
    ['error-rate', 'error-rate'],
    ['cost-threshold', 'budget'],
  ] as const)('says that it was %s', (type, code) => {
    expect(limited(10, { signals: [limit(6, { type })] }).adjustments).toEqual([
      {
        by: 'signals',
        code,
        from: 10,
        to: 6,
        reason: '95% of the rate limit is in use; at most 6 workers while it lasts',
      },
    ]);
  });
});
