import { beforeAll, describe, expect, it } from 'vitest';
import type { TickRecord } from '../../src/core/model.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { quotaGuard } from '../../src/guards/guards.ts';
import { createPolicy } from '../../src/policies/create-policy.ts';
import { formatReplay } from '../../src/replay/format-replay.ts';
import { replay } from '../../src/replay/replay.ts';
import { memoryJournal } from '../../src/telemetry/memory-journal.ts';
import { plus } from '../../src/testing/combine-workloads.ts';
import { SimulatedPool } from '../../src/testing/simulated-pool.ts';
import { burst, diurnal } from '../../src/testing/workloads.ts';
import { HandPool } from '../hand-pool.ts';
import { watched } from '../telemetry/watched.ts';

const HOUR_MS = 3_600_000;
/** A day with a burst in the evening, when a schedule puts another template in force. */
const friday = plus(
  diurnal({ low: 2, high: 20 }),
  burst({ base: 0, peak: 12, atMs: 18 * HOUR_MS, forMs: 20 * 60_000 }),
);

let records: readonly TickRecord[];

beforeAll(async () => {
  const journal = memoryJournal(6_000);
  const { run, stop } = watched(
    { shadows: { calm: 'conservative' } },
    {
      journal,
      schedules: [
        {
          name: 'evening',
          start: { cron: '0 20 * * *' },
          end: { cron: '0 22 * * *' },
          action: { policy: 'high-performance' },
        },
        {
          name: 'launch',
          start: { cron: '0 9 * * *' },
          end: { cron: '0 10 * * *' },
          action: { atLeast: 15 },
        },
      ],
    },
    friday,
  );
  await run(24 * HOUR_MS);
  await stop();
  // As from a file: numbers and all have been through JSON.
  records = journal.records.map((record) => JSON.parse(JSON.stringify(record)) as TickRecord);
}, 60_000);

describe('the policies that were recorded', () => {
  it('decide again as they did, byte for byte, for a whole day', async () => {
    expect(records).toHaveLength(5_760);
    const report = await replay(records);
    expect(report).toMatchObject({ path: 'recorded', ticks: 5_760, identical: true });
    const [pool] = report.pools;
    expect(pool?.differing).toBe(0);
    expect(pool?.recorded).toEqual(pool?.replayed);
    expect(pool?.recorded.policies).toEqual(['adaptive', 'high-performance']);
    // It was a day on which something happened.
    expect(pool?.recorded.changes).toBeGreaterThan(50);
    expect(pool?.recorded.peakSize).toBeGreaterThan(20);
  });

  it('come from a journal, too, and from a part of it', async () => {
    const journal = memoryJournal(6_000);
    for (const record of records) void journal.append(record);
    const [first] = records as [TickRecord];
    const report = await replay(journal, { from: first.at + HOUR_MS, to: first.at + 2 * HOUR_MS });
    expect(report).toMatchObject({ ticks: 241, identical: true });
  });

  it('a decision that was tampered with is found', async () => {
    const tampered = structuredClone(records.slice(0, 10));
    const decision = tampered[7]?.pools[0]?.decision as { reason: string };
    decision.reason = `${decision.reason}.`;
    const report = await replay(tampered);
    expect(report).toMatchObject({ identical: false, pools: [{ differing: 1 }] });
    expect(report.pools[0]?.differences[0]?.at).toBe(tampered[7]?.at);
  });
});

it('what pools share is part of the record: budget and machine limit a replay as they did', async () => {
  const journal = memoryJournal();
  const { clock, controller, run, stop } = watched(
    { needs: { memoryBytes: 2 ** 30 }, price: { perWorkerHour: 1 } },
    { journal, budget: { maxWorkers: 12 }, resources: quotaGuard({ maxMemoryBytes: 9 * 2 ** 30 }) },
    burst({ base: 3, peak: 14, atMs: 20 * 60_000, forMs: 20 * 60_000 }),
  );
  const other = new SimulatedPool({
    clock,
    workload: diurnal({ low: 4, high: 8 }),
    fidelity: 'flow',
    seed: 2,
  });
  controller.addPool({ id: 'other', adapter: other });
  controller.addPool({
    id: 'apart',
    adapter: new HandPool({ ready: 2, busy: 2, queued: 9 }),
    mode: 'recommend',
  });
  await run(HOUR_MS);
  await stop();
  const codes = journal.records.flatMap(({ pools }) => pools.flatMap(({ decision }) => decision.adjustments));
  expect(new Set(codes.map(({ code }) => code))).toContain('budget');
  expect(new Set(codes.map(({ code }) => code))).toContain('resources');
  const written = journal.records.map((record) => JSON.parse(JSON.stringify(record)) as TickRecord);
  expect(await replay(written)).toMatchObject({ ticks: 240, identical: true });
});

describe('another policy', () => {
  it('goes its own way, on the recorded demand', async () => {
    const report = await replay(records, { policy: 'conservative' });
    expect(report).toMatchObject({ path: 'own', identical: false });
    const [pool] = report.pools;
    // A schedule's policy stays in force, whatever the pool's own is.
    expect(pool?.replayed.policies).toEqual(['conservative', 'high-performance']);
    expect(pool?.differing).toBeGreaterThan(1_000);
    expect(pool?.differences.length).toBeGreaterThan(50);
    const changes = (pool?.differences ?? []).map(({ recorded, replayed }) => [recorded.kind, replayed.kind]);
    expect(changes.every((kinds) => kinds.some((kind) => kind !== 'hold'))).toBe(true);
    expect(pool?.replayed.workerHours).not.toBeCloseTo(pool?.recorded.workerHours ?? 0, 0);
    expect(pool?.replayed.peakSize).toBeGreaterThanOrEqual(15);
  });

  it('that is the same stays close to the real one: the model of sizes is a fair one', async () => {
    const [pool] = (await replay(records, { policy: 'adaptive' })).pools;
    const { recorded, replayed } = pool as NonNullable<typeof pool>;
    expect(replayed.workerHours / recorded.workerHours).toBeGreaterThan(0.95);
    expect(replayed.workerHours / recorded.workerHours).toBeLessThan(1.05);
    expect(Math.abs(replayed.lateRatio - recorded.lateRatio)).toBeLessThan(0.01);
  });

  it('may decide on the recorded sizes, step by step', async () => {
    const report = await replay(records, { policy: 'aggressive', path: 'recorded', keepDifferences: 3 });
    const [pool] = report.pools;
    expect(pool?.differences).toHaveLength(3);
    for (const { recorded, replayed } of pool?.differences ?? []) expect(replayed.from).toBe(recorded.from);
  });

  it('is given by pool', async () => {
    const some = records.slice(0, 50);
    const given = await replay(some, { policies: { embedding: createPolicy('aggressive') } });
    const everywhere = await replay(some, { policy: 'aggressive' });
    expect(given).toEqual(everywhere);
  });
});

it('a policy of one’s own has to be given', async () => {
  const renamed = structuredClone(records.slice(0, 3)) as unknown as { pools: { policy: string }[] }[];
  for (const { pools } of renamed) for (const pool of pools) pool.policy = 'house-rule';
  await expect(replay(renamed as never)).rejects.toThrow(InvalidOptionError);
  await expect(replay(renamed as never)).rejects.toThrow(
    'policies.embedding must be given: "house-rule" was recorded',
  );
});

it.each([
  [{ path: 'other' as never }, "path must be 'recorded' or 'own'"],
  [{ keepDifferences: -1 }, 'keepDifferences must be an integer, 0 or more'],
])('refuses %j', async (options, message) => {
  await expect(replay([], options)).rejects.toThrow(message);
});

it('reads as a table, and says what it cannot know', async () => {
  const text = formatReplay(await replay(records, { policy: 'aggressive' }));
  expect(text).toContain('5760 ticks, 2026-01-05 00:00:15 to 2026-01-06 00:00:00 (UTC)');
  expect(text).toMatch(/^embedding {2}adaptive, high-performance, recorded +\d/m);
  expect(text).toMatch(
    /^ +aggressive, high-performance, replayed +[\d.]+ \([+-]\d+(\.\d)?%\) .*of 5760 differ$/m,
  );
  expect(text).toContain('went its own way on the recorded demand');
  const same = formatReplay(await replay(records));
  expect(same).toContain('all alike');
  expect(same).toContain('do not follow\nfrom the decisions shown here');
});
