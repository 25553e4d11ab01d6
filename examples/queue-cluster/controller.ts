/**
 * One of several instances of the service that scales the workers: a process, of which one leads. Copy this one, without
 * what says "show".
 */
import { Queue } from 'bullmq';
import Docker from 'dockerode';
import { ScalingController } from 'flyball';
import { bullmqQueue } from 'flyball/adapters/bullmq';
import { composeAdapter } from 'flyball/adapters/compose';
import { dockerContainers } from 'flyball/adapters/docker';
import { redisLeadership } from 'flyball/leadership/redis';
import { redisState } from 'flyball/state/redis';
import { Redis } from 'ioredis';
import { MAX_WORKERS, SLOTS_PER_WORKER } from './limits.ts';
import { tellTheShow } from './show/tell.ts';

const { REDIS_URL = '', QUEUE = '', WORKER_IMAGE = '', WORKER_REDIS_URL, WORKER_NETWORK } = process.env;
const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
redis.on('error', () => {}); // it comes back, or a `fault` tells of it
const queue = new Queue(QUEUE, { connection: redis });

const workers = dockerContainers(new Docker(), {
  pool: QUEUE,
  create: {
    Image: WORKER_IMAGE,
    Env: [`REDIS_URL=${WORKER_REDIS_URL}`, `QUEUE=${QUEUE}`, `CONCURRENCY=${SLOTS_PER_WORKER}`],
    HostConfig: { Init: true, ...(WORKER_NETWORK && { NetworkMode: WORKER_NETWORK }) },
  },
  slotsPerWorker: SLOTS_PER_WORKER,
  onExit: ({ id, exitCode, log }) => console.warn(`${id} has died with ${exitCode}: ${log}`),
});

const controller = new ScalingController({
  pools: [
    {
      id: QUEUE,
      adapter: composeAdapter({ observe: bullmqQueue(queue), scale: workers }),
      minWorkers: 1,
      maxWorkers: MAX_WORKERS,
    },
  ],
  intervalMs: 500, // a day has two minutes here; else leave it out
  leadership: redisLeadership(redis, { name: QUEUE, leaseMs: 3_000 }),
  state: redisState(redis, { name: QUEUE }),
});
tellTheShow(controller);
controller.start();

process.once('SIGTERM', async () => {
  await controller.stop(); // gives the lease up; the workers stay
  await queue.close();
  redis.disconnect();
});
