/**
 * A policy of one's own, its unit tests, and a day under it.
 *
 *   npx tsx examples/write-a-policy.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine, createPolicy, type Policy } from 'flyball';
import { createView, diurnal, exponential, formatReport, simulate } from 'flyball/testing';

/**
 * One worker for every so many jobs, as queue scalers do it, and none too few: what is busy stays.
 * Like every policy it sees a view and answers with a size and a sentence, or `undefined` for no opinion.
 */
function jobsPerWorker(jobs: number): Policy {
  return {
    name: 'jobs-per-worker',
    propose({ busy, queued, quality }) {
      if (quality === 'none') return undefined;
      const size = Math.ceil(busy + queued / jobs);
      return { kind: 'target', size, reason: `${queued} jobs wait, ${jobs} a worker: ${size} workers` };
    },
  };
}

/** A floor: never fewer than this while people are at work. Other voices may want more. */
const officeHours: Policy = {
  name: 'office-hours',
  propose({ now }) {
    const hour = new Date(now).getUTCHours();
    if (hour < 8 || hour >= 18) return undefined;
    return { kind: 'floor', size: 3, reason: 'office hours: at least 3 workers' };
  },
};

// A view stands for a moment; what is not given is filled in so that it fits.
const noon = Date.UTC(2026, 2, 2, 12);
const night = Date.UTC(2026, 2, 2, 3);

test('a worker for every five jobs that wait', () => {
  assert.equal(jobsPerWorker(5).propose(createView({ ready: 4, busy: 4, queued: 12 }))?.size, 7);
});

test('an empty queue needs those that are busy', () => {
  assert.equal(jobsPerWorker(5).propose(createView({ ready: 4, busy: 2, queued: 0 }))?.size, 2);
});

test('the floor holds by day only, and the larger need wins', () => {
  const engine = createEngine([jobsPerWorker(5), officeHours]);
  const size = (now: number, queued: number): number =>
    engine.propose(createView({ now, ready: 1, busy: 1, queued })).size;
  assert.equal(size(noon, 0), 3);
  assert.equal(size(night, 0), 1);
  assert.equal(size(noon, 40), 9);
});

test('a day, beside the default policy', async () => {
  const policies = [jobsPerWorker(5), officeHours];
  const day = {
    workload: diurnal({ low: 1, high: 12 }),
    pool: { serviceTimeMs: exponential(500), startupMs: 30_000, fidelity: 'flow' },
    maxWorkers: 30,
    durationMs: 24 * 3_600_000,
  } as const;
  const own = await simulate({
    ...day,
    // What is wanted goes through the same limits as ever: here, down only what was not needed for 5 min.
    policy: createPolicy({
      name: 'jobs per worker',
      predictive: false,
      hold: { downStabilizationMs: 300_000 },
      engine: () => createEngine(policies),
    }),
  });
  const adaptive = await simulate({ ...day, policy: 'adaptive' });
  console.log(formatReport(own, adaptive));
  assert.equal(own.jobs.lost, 0);
  assert.ok(own.lateRatio < 0.01); // what that costs is in the table
});
