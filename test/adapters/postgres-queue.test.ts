import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import PgBoss from 'pg-boss';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { composeAdapter } from '../../src/adapters/compose.ts';
import { pgBossIndex, pgBossQueue } from '../../src/adapters/postgres-queue.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { hasPostgres, PostgresServer } from '../postgres-server.ts';

const signal = AbortSignal.timeout(60_000);
const QUIET = { supervise: false, schedule: false };

async function bossOf(server: PostgresServer, options: PgBoss.ConstructorOptions = {}): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: server.url, max: 4, ...QUIET, ...options });
  boss.on('error', () => {});
  return boss.start();
}

describe.skipIf(!hasPostgres)('pg-boss on a real PostgreSQL', () => {
  let server: PostgresServer;
  let boss: PgBoss;
  let pool: pg.Pool;
  let count = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
    boss = await bossOf(server);
    pool = new pg.Pool({ connectionString: server.url, max: 4 });
    pool.on('error', () => {});
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  afterAll(async () => {
    await pool?.end();
    await boss?.stop({ graceful: false });
    await server?.stop();
  });

  async function queueOf(options: Partial<PgBoss.Queue> = {}): Promise<string> {
    count += 1;
    const name = `queue-${count}`;
    await boss.createQueue(name, { name, retryLimit: 0, ...options });
    return name;
  }

  const send = (queue: string, options: PgBoss.SendOptions = {}): Promise<string | null> =>
    boss.send(queue, {}, options);

  /** Fetches one job and ends it. */
  async function run(queue: string, end: 'complete' | 'fail' = 'complete'): Promise<void> {
    const [job] = await boss.fetch(queue);
    await boss[end](queue, job?.id as string);
  }

  describe('a queue', () => {
    test('is told by what waits in it and what runs', async () => {
      const queue = await queueOf();
      const source = pgBossQueue(boss, queue);
      expect(await source.observe(signal)).toEqual({
        queued: 0,
        active: 0,
        arrived: 0,
        completed: 0,
        failed: 0,
        context: { delayedJobs: 0, blockedJobs: 0, oldestWaitingMs: 0 },
      });
      await send(queue);
      await sleep(40);
      await Promise.all([send(queue), send(queue), send(queue, { startAfter: 60 })]);
      await boss.fetch(queue);
      const { context, ...load } = await source.observe(signal);
      expect(load).toEqual({ queued: 2, active: 1, arrived: 3, completed: 0, failed: 0 });
      expect(context).toMatchObject({ delayedJobs: 1 });
    });

    test('is the same for a pool of pg', async () => {
      const queue = await queueOf();
      await send(queue);
      expect(await pgBossQueue(pool, queue).observe(signal)).toMatchObject({ queued: 1, arrived: 1 });
    });

    test('the oldest job that waits has an age, a delay does not count', async () => {
      const queue = await queueOf();
      await send(queue, { startAfter: new Date(Date.now() - 5_000) });
      await send(queue, { startAfter: new Date(Date.now() - 9_000) });
      await send(queue, { startAfter: new Date(Date.now() + 9_000) });
      const { context } = await pgBossQueue(boss, queue).observe(signal);
      expect(context?.oldestWaitingMs).toBeGreaterThanOrEqual(9_000);
      expect(context?.oldestWaitingMs).toBeLessThan(12_000);
    });

    test('a job that is to be tried again waits, at once or when its time has come', async () => {
      const queue = await queueOf({ retryLimit: 3 });
      const source = pgBossQueue(boss, queue);
      await send(queue);
      await run(queue, 'fail');
      expect(await source.observe(signal)).toMatchObject({ queued: 1, failed: 0 });
      const later = await queueOf({ retryLimit: 3, retryDelay: 60 });
      await send(later);
      await run(later, 'fail');
      expect(await pgBossQueue(boss, later).observe(signal)).toMatchObject({
        queued: 0,
        context: { delayedJobs: 1 },
      });
    });

    test.each([
      ['standard', 4, 0],
      ['short', 2, 0],
      ['singleton', 1, 3],
      ['stately', 1, 1],
    ] as const)('%s: %i jobs could be run by further workers, %i not', async (policy, queued, blocked) => {
      const queue = await queueOf({ policy });
      await send(queue, { singletonKey: 'a' });
      await boss.fetch(queue);
      // With `short` and `stately` only the first one of each key is taken.
      for (const singletonKey of ['a', 'b', 'b', 'b']) await send(queue, { singletonKey });
      const seen = await pgBossQueue(boss, queue).observe(signal);
      expect(seen).toMatchObject({ queued, active: 1, context: { blockedJobs: blocked } });
    });

    test('how long jobs wait and take', async () => {
      const queue = await queueOf();
      const source = pgBossQueue(boss, queue);
      await Promise.all([send(queue), send(queue)]);
      await sleep(50);
      const jobs = await boss.fetch(queue, { batchSize: 2 });
      await sleep(100);
      await boss.complete(
        queue,
        jobs.map(({ id }) => id),
      );
      const { serviceTimeMs, waitTimeMs } = await source.observe(signal);
      expect(serviceTimeMs).toBeGreaterThanOrEqual(99);
      expect(serviceTimeMs).toBeLessThan(1_000);
      expect(waitTimeMs).toBeGreaterThanOrEqual(40);
      expect(waitTimeMs).toBeLessThan(1_000);
    });

    test('that is not there is named, and does not spoil the others', async () => {
      const queue = await queueOf();
      const [there, missing] = await Promise.allSettled([
        pgBossQueue(boss, queue).observe(signal),
        pgBossQueue(boss, 'nowhere').observe(signal),
      ]);
      expect(there).toMatchObject({ status: 'fulfilled' });
      expect(missing).toMatchObject({
        reason: new Error('pg-boss has no queue "nowhere" in the schema "pgboss"'),
      });
    });

    test('a schema that is none of pg-boss is named', async () => {
      await expect(pgBossQueue(boss, 'queue', { schema: 'elsewhere' }).observe(signal)).rejects.toThrow(
        /^the schema "elsewhere" is not one of pg-boss 10: relation "elsewhere\.\w+" does not exist/,
      );
    });

    test('a pg-boss that is not started is named', async () => {
      const idle = new PgBoss({ connectionString: server.url });
      await expect(pgBossQueue(idle, 'queue').observe(signal)).rejects.toThrow('pg-boss is not started');
    });

    test.each([
      ['schema', () => pgBossQueue(boss, 'queue', { schema: 'a; DROP TABLE b' })],
      ['schema', () => pgBossIndex('1st')],
      ['queue', () => pgBossQueue(boss, '')],
      ['database', () => pgBossQueue({} as pg.Pool, 'queue')],
    ])('a wrong %s is refused', (field, make) => {
      expect(make).toThrow(InvalidOptionError);
      expect(make).toThrow(new RegExp(`^${field} `));
    });
  });

  describe('totals', () => {
    test('count what arrived and how it ended, from the first look on', async () => {
      const queue = await queueOf();
      await send(queue);
      await run(queue);
      await send(queue);
      const source = pgBossQueue(boss, queue);
      expect(await source.observe(signal)).toMatchObject({ arrived: 1, completed: 0, failed: 0 });
      for (const end of ['complete', 'fail', 'complete'] as const) {
        await run(queue, end);
        await send(queue);
      }
      const cancelled = (await send(queue)) as string;
      await boss.cancel(queue, cancelled);
      expect(await source.observe(signal)).toMatchObject({ queued: 1, arrived: 5, completed: 2, failed: 1 });
      await boss.cancel(queue, (await send(queue, { startAfter: 60 })) as string);
      expect(await source.observe(signal)).toMatchObject({ queued: 1, arrived: 5, completed: 2, failed: 1 });
    });

    test('count each end once, however often is looked', async () => {
      const queue = await queueOf();
      const source = pgBossQueue(boss, queue);
      await source.observe(signal);
      for (let round = 1; round <= 5; round++) {
        await send(queue);
        await run(queue);
        await source.observe(signal);
        expect(await source.observe(signal)).toMatchObject({ arrived: round, completed: round });
      }
    });

    test('a job that was completed in a long transaction counts when it is committed', async () => {
      const queue = await queueOf();
      const source = pgBossQueue(boss, queue);
      await send(queue);
      await source.observe(signal);
      const [job] = await boss.fetch(queue);
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query('SELECT now()');
      await sleep(20);
      await boss.complete(
        queue,
        job?.id as string,
        {},
        { db: { executeSql: (...sql) => client.query(...sql) } },
      );
      expect(await source.observe(signal)).toMatchObject({ active: 1, completed: 0 });
      await client.query('COMMIT');
      client.release();
      expect(await source.observe(signal)).toMatchObject({ active: 0, arrived: 1, completed: 1 });
    });

    test('what pg-boss archives at once is counted there; what is deleted takes nothing away', async () => {
      const hasty = await bossOf(server, { archiveCompletedAfterSeconds: 1 });
      const queue = await queueOf();
      const source = pgBossQueue(boss, queue);
      await source.observe(signal);
      await send(queue);
      await run(queue);
      await send(queue);
      await run(queue);
      expect(await source.observe(signal)).toMatchObject({ arrived: 2, completed: 2 });
      await send(queue);
      await run(queue);
      await sleep(1_050);
      await hasty.archive();
      expect(await boss.getQueueSize(queue, { before: 'failed' })).toBe(0);
      expect(await source.observe(signal)).toMatchObject({ arrived: 3, completed: 3 });
      await pool.query('DELETE FROM pgboss.archive WHERE name = $1', [queue]);
      await send(queue);
      expect(await source.observe(signal)).toMatchObject({ arrived: 4, completed: 3 });
      await run(queue);
      expect(await source.observe(signal)).toMatchObject({ arrived: 4, completed: 4 });
      await hasty.stop({ graceful: false });
    });
  });

  describe('the database', () => {
    const statements = (): { readonly calls: unknown[][] } => vi.spyOn(pool, 'query').mock;

    test('is asked once a tick for all queues', async () => {
      // One after the other: pg-boss can lock itself out where it makes several at once.
      const queues = [await queueOf(), await queueOf({ policy: 'singleton' }), await queueOf()];
      for (const [index, queue] of queues.entries()) {
        for (let jobs = 0; jobs <= index; jobs++) await send(queue);
      }
      const { calls } = statements();
      // The last one is observed by two pools.
      const sources = [...queues, queues[2] as string].map((queue) => pgBossQueue(pool, queue));
      const look = () => Promise.all(sources.map((source) => source.observe(signal)));
      expect((await look()).map(({ queued }) => queued)).toEqual([1, 1, 3, 3]);
      expect(calls).toHaveLength(1);
      await run(queues[2] as string);
      expect((await look()).map(({ completed }) => completed)).toEqual([0, 0, 1, 1]);
      expect(calls).toHaveLength(2);
    });

    test('with the index, looks at no job that ended long ago', async () => {
      const queue = await queueOf();
      await pool.query(
        `INSERT INTO pgboss.job (name, state, start_after, started_on, completed_on)
         SELECT $1, 'completed', now() - n * interval '1 s', now() - n * interval '1 s', now() - n * interval '1 s'
         FROM generate_series(1, 100000) AS n`,
        [queue],
      );
      await Promise.all([send(queue), send(queue)]);
      await boss.fetch(queue);
      await pool.query(pgBossIndex());
      await pool.query(pgBossIndex());
      await pool.query('ANALYZE pgboss.job');
      const source = pgBossQueue(pool, queue);
      await source.observe(signal);
      const { calls } = statements();
      expect(await source.observe(signal)).toMatchObject({ queued: 1, active: 1, arrived: 2 });
      const [text, values] = calls[0] as [string, unknown[]];
      vi.restoreAllMocks();
      const { rows } = await pool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
      expect(rowsRead(rows[0]['QUERY PLAN'][0].Plan)).toBeLessThan(1_000);
    });

    test('the index is there for queues that are made later', async () => {
      await pool.query(pgBossIndex());
      const queue = await queueOf();
      const { rows } = await pool.query(
        `SELECT indexdef FROM pg_indexes JOIN pgboss.queue ON tablename = partition_name WHERE name = $1`,
        [queue],
      );
      expect(rows.filter(({ indexdef }) => indexdef.includes('(state, completed_on)'))).toHaveLength(1);
    });

    test('whose answer does not come is given up, and asked again', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const query = vi.fn(() => new Promise<{ rows: unknown[] }>(() => {}));
      const source = pgBossQueue({ query }, 'queue');
      const first = expect(source.observe(signal)).rejects.toThrow('no answer within 30000 ms');
      await expect(source.observe(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
      await vi.waitFor(() => expect(query).toHaveBeenCalledTimes(1));
      await vi.advanceTimersByTimeAsync(30_000);
      await first;
      query.mockRejectedValueOnce(new Error('asked again'));
      await expect(source.observe(signal)).rejects.toThrow('asked again');
      vi.useRealTimers();
    });
  });

  test.each([
    ['goes away', (own: PostgresServer) => own.goAway(), (own: PostgresServer) => own.comeBack()],
    ['freezes', (own: PostgresServer) => own.freeze(), (own: PostgresServer) => own.thaw()],
  ])(
    'a controller holds its size while the database %s, tells it once, and goes on',
    async (_, leave, back) => {
      const own = await PostgresServer.start();
      const ownBoss = await bossOf(own);
      await ownBoss.createQueue('outage');
      const ownPool = new pg.Pool({ connectionString: own.url, max: 2 });
      ownPool.on('error', () => {});
      let size = 3;
      const controller = new ScalingController({
        pools: [
          {
            id: 'outage',
            adapter: composeAdapter({
              observe: pgBossQueue(ownPool, 'outage'),
              scale: {
                observe: () => ({ ready: size }),
                scaleTo: async (wanted) => {
                  size = wanted;
                },
              },
            }),
            minWorkers: 3,
            maxWorkers: 12,
          },
        ],
        intervalMs: 20,
        observeTimeoutMs: 100,
      });
      const faults: string[] = [];
      controller.on('fault', ({ source, recovered }) => faults.push(recovered ? `${source} over` : source));
      controller.start();
      await vi.waitFor(() => expect(controller.status().pools[0]).toMatchObject({ quality: 'full' }));
      await leave(own);
      await vi.waitFor(() => expect(faults).toEqual(['observe']));
      await sleep(500);
      expect(controller.status().pools[0]).toMatchObject({ size: 3, quality: 'stale' });
      expect(size).toBe(3);
      expect(faults).toEqual(['observe']);
      await back(own);
      await vi.waitFor(() => expect(faults).toEqual(['observe', 'observe over']), { timeout: 10_000 });
      await ownBoss.insert(Array.from({ length: 200 }, () => ({ name: 'outage' })));
      await vi.waitFor(() => expect(size).toBeGreaterThan(3), { timeout: 10_000 });
      await controller.stop();
      await ownPool.end();
      await ownBoss.stop({ graceful: false });
      await own.stop();
    },
  );
});

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Rows that any step of a plan had in its hands. */
function rowsRead(plan: Plan): number {
  return [
    plan['Actual Rows'],
    plan['Rows Removed by Filter'] ?? 0,
    ...(plan.Plans ?? []).map((each) => rowsRead(each)),
  ].reduce((sum, rows) => sum + rows, 0);
}
