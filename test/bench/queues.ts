/** What a look at 100 BullMQ queues costs, and 10,000 jobs while workers come and go: `npm run bench:queues`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { bullmqQueue, bullmqWorkers } from '../../src/adapters/bullmq.ts';
import { composeAdapter } from '../../src/adapters/compose.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { RedisServer } from '../redis-server.ts';

const QUEUES = 100;
const TICKS = 50;
const JOBS = 10_000;

const server = await RedisServer.start();
const redis = new Redis({ port: server.port, maxRetriesPerRequest: null });

async function tickOfManyQueues(): Promise<void> {
  const queues = Array.from(
    { length: QUEUES },
    (_, index) => new Queue(`queue-${index}`, { connection: redis }),
  );
  await Promise.all(
    queues.map((queue) => queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'job', data: {} })))),
  );
  const controller = new ScalingController({
    pools: queues.map((queue) => ({
      id: queue.name,
      adapter: composeAdapter({
        observe: bullmqQueue(queue),
        scale: { observe: () => ({ ready: 1 }), scaleTo: async () => {} },
      }),
    })),
  });
  const times: number[] = [];
  for (let tick = 0; tick < TICKS; tick++) {
    const began = performance.now();
    await controller.tick();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const [median, most] = [times[TICKS / 2], times.at(-1)] as [number, number];
  console.log(
    `a tick over ${QUEUES} queues of BullMQ: ${median.toFixed(1)} ms in the median, ${most.toFixed(1)} ms at most`,
  );
  await controller.stop();
  await Promise.all(queues.map((queue) => queue.close()));
}

/** Another size in every tick. */
const restless: Policy = {
  name: 'restless',
  propose: ({ now }) => ({ kind: 'target', size: 1 + (Math.floor(now / 100) % 8), reason: 'restless' }),
};

async function manyJobs(): Promise<void> {
  const queue = new Queue('many', { connection: redis });
  const runs = new Map<string, number>();
  const workers = bullmqWorkers(
    queue.name,
    async ({ id = '' }) => {
      runs.set(id, (runs.get(id) ?? 0) + 1);
      await sleep(5);
    },
    { connection: { port: server.port }, concurrency: 8 },
  );
  const adapter = composeAdapter({ observe: bullmqQueue(queue), scale: workers });
  const controller = new ScalingController({
    pools: [{ id: 'many', adapter, policy: restless }],
    intervalMs: 100,
  });
  await queue.addBulk(Array.from({ length: JOBS }, () => ({ name: 'job', data: {} })));
  controller.start();
  while ((await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')) > 0) await sleep(50);
  const changes = controller.history('many').length;
  await controller.stop();
  await workers.close();
  const twice = [...runs.values()].filter((times) => times > 1).length;
  const completed = await queue.getCompletedCount();
  console.log(
    `${completed} of ${JOBS} jobs completed, ${twice} ran twice, while the size changed ${changes} times`,
  );
  if (completed !== JOBS || twice > 0) process.exitCode = 1;
  await queue.close();
}

try {
  await tickOfManyQueues();
  await manyJobs();
} finally {
  redis.disconnect();
  await server.stop();
}
