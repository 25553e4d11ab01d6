/**
 * What a tick over 100 queues of BullMQ and of pg-boss costs, what a look at many old jobs does, and 10,000 jobs while
 * workers come and go: `npm run bench:queues`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import PgBoss from 'pg-boss';
import { bullmqQueue, bullmqWorkers } from '../../src/adapters/bullmq.ts';
import { composeAdapter, type PoolSource } from '../../src/adapters/compose.ts';
import type { Crew } from '../../src/adapters/crew.ts';
import { pgBossIndex, pgBossQueue, pgBossWorkers } from '../../src/adapters/postgres-queue.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { PostgresServer } from '../postgres-server.ts';
import { RedisServer } from '../redis-server.ts';

const QUEUES = 100;
const TICKS = 50;
const JOBS = 10_000;
const OLD_JOBS = 100_000;

const server = await RedisServer.start();
const redis = new Redis({ port: server.port, maxRetriesPerRequest: null });
const postgres = await PostgresServer.start();
const boss = new PgBoss({ connectionString: postgres.url, supervise: false, schedule: false });
boss.on('error', console.error);
const pool = new pg.Pool({ connectionString: postgres.url });

async function tickOfManyBullmqQueues(): Promise<void> {
  const queues = Array.from(
    { length: QUEUES },
    (_, index) => new Queue(`queue-${index}`, { connection: redis }),
  );
  await Promise.all(
    queues.map((queue) => queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'job', data: {} })))),
  );
  await tickOver(
    'BullMQ',
    queues.map((queue) => bullmqQueue(queue)),
  );
  await Promise.all(queues.map((queue) => queue.close()));
}

async function tickOfManyPgBossQueues(): Promise<void> {
  const names = Array.from({ length: QUEUES }, (_, index) => `queue-${index}`);
  for (const name of names) {
    await boss.createQueue(name);
    await boss.insert(Array.from({ length: 20 }, () => ({ name })));
  }
  await pool.query(pgBossIndex());
  await pool.query('ANALYZE pgboss.job');
  await tickOver(
    'pg-boss',
    names.map((name) => pgBossQueue(pool, name)),
  );
}

async function tickOver(what: string, sources: readonly PoolSource[]): Promise<void> {
  const controller = new ScalingController({
    pools: sources.map((source, index) => ({
      id: `queue-${index}`,
      adapter: composeAdapter({
        observe: source,
        scale: { observe: () => ({ ready: 1 }), scaleTo: async () => {} },
      }),
    })),
  });
  const times = await timed(() => controller.tick());
  console.log(`a tick over ${QUEUES} queues of ${what}: ${times}`);
  await controller.stop();
}

async function lookAtManyOldJobs(): Promise<void> {
  await boss.createQueue('old');
  await pool.query(
    `INSERT INTO pgboss.job (name, data, state, start_after, started_on, completed_on)
     SELECT 'old', jsonb_build_object('text', repeat('x', 300)), 'completed', at, at, at
     FROM generate_series(1, ${OLD_JOBS}) AS n, LATERAL (SELECT now() - n * interval '100 ms' AS at) AS moment`,
  );
  for (const [index, statement] of [
    ['without the index', 'DROP INDEX IF EXISTS pgboss.job_flyball'],
    ['with it', pgBossIndex()],
  ] as const) {
    await pool.query(statement);
    await pool.query('ANALYZE pgboss.job');
    const source = pgBossQueue(pool, 'old');
    await source.observe(AbortSignal.timeout(10_000));
    const times = await timed(() => source.observe(AbortSignal.timeout(10_000)));
    console.log(`a look at a pg-boss queue that keeps ${OLD_JOBS} completed jobs, ${index}: ${times}`);
  }
}

async function timed(action: () => PromiseLike<unknown> | unknown): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < TICKS; round++) {
    const began = performance.now();
    await action();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const [median, most] = [times[TICKS / 2], times.at(-1)] as [number, number];
  return `${median.toFixed(1)} ms in the median, ${most.toFixed(1)} ms at most`;
}

/** Another size in every tick. */
const restless: Policy = {
  name: 'restless',
  propose: ({ now }) => ({ kind: 'target', size: 1 + (Math.floor(now / 100) % 8), reason: 'restless' }),
};

async function manyJobs(
  what: string,
  source: PoolSource,
  workers: Crew,
  counts: { left(): Promise<number>; completed(): Promise<number> },
  runs: ReadonlyMap<string, number>,
): Promise<void> {
  const controller = new ScalingController({
    pools: [{ id: 'many', adapter: composeAdapter({ observe: source, scale: workers }), policy: restless }],
    intervalMs: 100,
  });
  controller.start();
  while ((await counts.left()) > 0) await sleep(50);
  const changes = controller.history('many').length;
  await controller.stop();
  await workers.close();
  const twice = [...runs.values()].filter((times) => times > 1).length;
  const completed = await counts.completed();
  console.log(
    `${what}: ${completed} of ${JOBS} jobs completed, ${twice} ran twice, while the size changed ${changes} times`,
  );
  if (completed !== JOBS || twice > 0) process.exitCode = 1;
}

/** Counts how often each job runs. */
function counted(): { readonly runs: Map<string, number>; run(id: string): void } {
  const runs = new Map<string, number>();
  return { runs, run: (id) => runs.set(id, (runs.get(id) ?? 0) + 1) };
}

async function manyBullmqJobs(): Promise<void> {
  const queue = new Queue('many', { connection: redis });
  await queue.addBulk(Array.from({ length: JOBS }, () => ({ name: 'job', data: {} })));
  const { runs, run } = counted();
  const workers = bullmqWorkers(
    queue.name,
    async ({ id = '' }) => {
      run(id);
      await sleep(5);
    },
    { connection: { port: server.port }, concurrency: 8 },
  );
  const counts = {
    left: () => queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized'),
    completed: () => queue.getCompletedCount(),
  };
  await manyJobs('BullMQ', bullmqQueue(queue), workers, counts, runs);
  await queue.close();
}

async function manyPgBossJobs(): Promise<void> {
  await boss.createQueue('many');
  await boss.insert(Array.from({ length: JOBS }, () => ({ name: 'many' })));
  const { runs, run } = counted();
  const workers = pgBossWorkers(
    boss,
    'many',
    async (jobs) => {
      for (const { id } of jobs) run(id);
      await sleep(5);
    },
    { batchSize: 8 },
  );
  const count = async (condition: string): Promise<number> => {
    const { rows } = await pool.query(
      `SELECT count(*)::int FROM pgboss.job WHERE name = 'many' AND ${condition}`,
    );
    return rows[0].count;
  };
  const counts = {
    left: () => count("state <= 'active'"),
    completed: () => count("state = 'completed'"),
  };
  await manyJobs('pg-boss', pgBossQueue(pool, 'many'), workers, counts, runs);
}

try {
  await boss.start();
  await tickOfManyBullmqQueues();
  await tickOfManyPgBossQueues();
  await lookAtManyOldJobs();
  await manyBullmqJobs();
  await manyPgBossJobs();
} finally {
  redis.disconnect();
  await boss.stop({ graceful: false });
  await pool.end();
  await Promise.all([server.stop(), postgres.stop()]);
}
