/** What runs in each container: it takes jobs from the queue until it is told to stop. Copy this one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MetricsTime, Worker } from 'bullmq';

const { REDIS_URL = 'redis://127.0.0.1:6379', QUEUE = 'jobs', CONCURRENCY = '4' } = process.env;

const worker = new Worker<{ readonly ms: number }>(
  QUEUE,
  async ({ data }) => {
    await sleep(data.ms); // stands for the work: a call of another service, say
  },
  {
    name: process.env.FLYBALL_WORKER_ID ?? `${process.pid}`,
    connection: { url: REDIS_URL, maxRetriesPerRequest: null },
    concurrency: Number(CONCURRENCY),
    metrics: { maxDataPoints: MetricsTime.ONE_HOUR }, // then flyball counts exactly what has ended
  },
);
worker.on('error', ({ message }) => console.error(message));

// It takes no more jobs and ends those that it has: none is lost, and none runs twice.
process.once('SIGTERM', async () => {
  await worker.close();
  process.exit();
});
