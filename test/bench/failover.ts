/** 50 rounds in which the leader of two controllers is killed or frozen: `npm run bench:failover`. */

import { failover } from '../leadership/failover.ts';
import { RedisServer } from '../redis-server.ts';

const ROUNDS = 50;
const LEASE_MS = 1_000;

const server = await RedisServer.start();
try {
  const { takeovers, actions, overlaps } = await failover({
    redis: server.port,
    rounds: ROUNDS,
    leaseMs: LEASE_MS,
  });
  for (const kind of ['killed', 'frozen'] as const) {
    const times = takeovers.filter(({ how }) => how === kind).map(({ tookMs }) => tookMs);
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    console.log(
      `${times.length} leaders ${kind}: taken over after ${mean.toFixed(0)} ms on average, ${Math.max(...times).toFixed(0)} ms at most (lease ${LEASE_MS} ms)`,
    );
  }
  console.log(`${actions} actions, ${overlaps.length} out of the order of their terms`);
  const isLate = takeovers.some(({ tookMs }) => tookMs > LEASE_MS + 1_000);
  if (overlaps.length > 0 || isLate) process.exitCode = 1;
} finally {
  await server.stop();
}
