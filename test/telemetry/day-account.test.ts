import { describe, expect, it } from 'vitest';
import { DayAccount } from '../../src/telemetry/day-account.ts';
import { createView } from '../../src/testing/create-view.ts';

const HOUR_MS = 3_600_000;

describe('a day’s account', () => {
  it('adds up by hand', () => {
    const account = new DayAccount();
    // An hour of 10 ready workers under a demand of 8 (6 of them busy), then one of 4 under the same demand.
    account.add(createView({ now: 0, ready: 10, busy: 6, demand: 8 }), HOUR_MS);
    account.add(createView({ now: 1, ready: 4, busy: 4, demand: 8, starting: 2, size: 6 }), HOUR_MS);
    expect(account.efficiency(2)).toMatchObject({
      periodMs: 2 * HOUR_MS,
      averageUtilization: 10 / 14,
      wasteRatio: 1 - 10 / 16,
      // |10 - 8| + |4 - 8| of 10 + 8.
      scalingAccuracyRatio: 1 - 6 / 18,
      lateRatio: 4 / 16,
      costEfficiencyRatio: 1,
    });
    expect(account.cost(2, undefined)).toMatchObject({
      workerHours: 16,
      staticPeakWorkerHours: 16,
      savedRatio: 0,
    });
  });

  it('forgets what is older than a day', () => {
    const account = new DayAccount();
    for (let hour = 0; hour < 60; hour++) {
      account.add(createView({ now: hour * HOUR_MS, ready: hour < 30 ? 100 : 1, demand: 1 }), HOUR_MS);
    }
    expect(account.cost(59 * HOUR_MS, 1)).toMatchObject({ workerHours: 25, staticPeakWorkerHours: 25 });
    expect(account.cost(200 * HOUR_MS, 1)).toMatchObject({ workerHours: 0, savedRatio: 0 });
  });
});
