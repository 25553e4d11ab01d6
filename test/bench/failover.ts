/**
 * 50 rounds in which the leader of two controllers is killed or frozen, once with the lease in Redis, once in
 * Kubernetes: `npm run bench:failover`. Kubernetes is the API server of the tests here, not a cluster.
 */

import { FakeApiServer } from '../adapters/kubernetes/fake-api-server.ts';
import { type Failover, failover } from '../leadership/failover.ts';
import { RedisServer } from '../redis-server.ts';

const ROUNDS = 50;
const LEASE_MS = 1_000;

const redis = await RedisServer.start();
try {
  report('Redis', await failover({ place: 'redis', port: redis.port, rounds: ROUNDS, leaseMs: LEASE_MS }));
} finally {
  await redis.stop();
}

const cluster = new FakeApiServer();
await cluster.listen();
try {
  const { port } = cluster;
  report(
    'Kubernetes (a fake API server)',
    await failover({ place: 'kubernetes', port, rounds: ROUNDS, leaseMs: LEASE_MS }),
  );
} finally {
  cluster.close();
}

function report(place: string, { takeovers, actions, overlaps }: Failover): void {
  console.log(`the lease in ${place}, ${LEASE_MS} ms:`);
  for (const kind of ['killed', 'frozen'] as const) {
    const times = takeovers.filter(({ how }) => how === kind).map(({ tookMs }) => tookMs);
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    console.log(
      `  ${times.length} leaders ${kind}: taken over after ${mean.toFixed(0)} ms on average, ${Math.max(...times).toFixed(0)} ms at most`,
    );
  }
  console.log(`  ${actions} actions, ${overlaps.length} out of the order of their terms`);
  const isLate = takeovers.some(({ tookMs }) => tookMs > LEASE_MS + 1_000);
  if (overlaps.length > 0 || isLate) process.exitCode = 1;
}
