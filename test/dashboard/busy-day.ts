import type { DashboardController } from '../../src/dashboard/index.ts';
import { decisionOf, FakeController, NOON } from './fake-controller.ts';

/** A controller on the day on which everything happens at once: every part of the page has something to show. */
export function busyDay(): DashboardController {
  const controller = new FakeController('embedding', 'ocr');
  const decision = decisionOf('embedding', NOON, 6, 9);
  controller.extra = {
    status: {
      breaker: 'open',
      starting: 2,
      quality: 'partial',
      emergency: { sizeBefore: 4, sinceMs: 95_000 },
      signals: [
        {
          type: 'load-spike',
          magnitude: 0.9,
          raisedAt: NOON,
          expiresAt: NOON + 600_000,
          emergency: true,
          reason: 'a campaign has begun',
        },
      ],
      schedules: [
        {
          by: 'morning',
          kind: 'atLeast',
          size: 8,
          priority: 0,
          reason: 'morning: at least 8 workers until 14:00 (UTC)',
        },
      ],
      decision,
      headroom: { name: 'tight', least: 0.1, grow: 0.4, shrink: 1.9 },
      lastEvent: { at: NOON, kind: 'fault', message: 'start failed: no memory left' },
    },
    pool: {
      ahead: {
        at: NOON + 60_000,
        mean: 5,
        low: 3,
        high: 8,
        peak: 9,
        peakAt: NOON + 300_000,
        confidence: 0.8,
        model: 'ensemble/1',
      },
      accuracy: {
        count: 1_200,
        meanAbsoluteError: 0.8,
        errorRatio: 0.16,
        bias: -0.2,
        coveredRatio: 0.95,
        successRatio: 0.91,
        meanConfidence: 0.8,
        model: 'ensemble/1',
      },
      efficiency: {
        periodMs: 86_400_000,
        averageUtilization: 0.62,
        wasteRatio: 0.3,
        scalingAccuracyRatio: 0.8,
        lateRatio: 0.004,
        costEfficiencyRatio: 0.7,
        changes: 41,
      },
      cost: {
        periodMs: 86_400_000,
        workerHours: 120,
        staticPeakWorkerHours: 300,
        savedRatio: 0.6,
        costPerHour: 0.8,
        spend: 96,
        staticPeakSpend: 240,
      },
      history: [
        {
          ...decision,
          wanted: 14,
          emergency: true,
          voices: [
            {
              by: 'emergency',
              kind: 'floor',
              size: 14,
              reason: 'a spike of 0.9: at least 14',
              won: true,
              emergency: true,
            },
            { by: 'adaptive', kind: 'target', size: 9, reason: 'demand 7.2 and headroom need 9', won: false },
            {
              by: 'cost',
              kind: 'ceiling',
              size: 20,
              reason: '16 of 20 an hour',
              won: false,
              confidence: 0.5,
            },
          ],
          refused: [{ by: 'mine', reason: 'it threw: no such table' }],
          adjustments: [
            { by: 'feasible', code: 'resources', from: 14, to: 11, reason: 'memory for 5 more' },
            { by: 'budget', code: 'budget', from: 11, to: 9, reason: '9 of 20 are this pool’s share' },
          ],
        },
      ],
      held: [{ ...decisionOf('embedding', NOON - 60_000, 6, 6), wanted: 4 }],
      shadows: [
        {
          name: 'adaptive',
          policy: 'adaptive',
          acting: true,
          size: 9,
          periodMs: 3_600_000,
          workerHours: 9,
          lateRatio: 0.01,
          changes: 7,
          costRatio: 1,
        },
        {
          name: 'cheap',
          policy: 'cost-optimized',
          acting: false,
          size: 6,
          periodMs: 3_600_000,
          workerHours: 6,
          lateRatio: 0.04,
          changes: 3,
          costRatio: 0.67,
        },
      ],
      trial: {
        shadow: 'cheap',
        insteadOf: 'adaptive',
        startedAt: NOON,
        until: NOON + 3_600_000,
        lateRatio: 0.01,
        maxLateRatio: 0.05,
        costRatio: 0.7,
        maxCostRatio: 1.1,
      },
    },
    data: {
      leadership: { leader: true, fencingToken: 12 },
      faults: [{ at: NOON, pool: 'embedding', source: 'start', message: 'no memory left', count: 4 }],
      upcoming: [{ by: 'night cap', from: NOON + 36_000_000, action: 'at most 20 workers', priority: 0 }],
      budget: [
        { resource: 'workers', used: 19, total: 20, by: 'maxWorkers' },
        { resource: 'memory', used: 6e9, total: 8e9, by: 'cgroup v2' },
      ],
    },
  };
  return controller;
}
