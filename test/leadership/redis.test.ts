import { Redis } from 'ioredis';
import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type LeaseClient, redisLeadership } from '../../src/leadership/redis.ts';
import { hasRedis, RedisServer } from '../redis-server.ts';
import { failover } from './failover.ts';
import { instanceOf, type LeasePlace, leaseContract, until } from './lease-contract.ts';

const LEASE_MS = 400;

function clientOf({ port }: RedisServer): Redis {
  const client = new Redis({ port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
  return client.on('error', () => {});
}

async function redisPlace(): Promise<LeasePlace> {
  const server = await RedisServer.start();
  const redis = clientOf(server);
  const clients = [redis];
  return {
    clock: systemClock,
    leaseMs: LEASE_MS,
    longLeaseMs: 1_000,
    leadership(options) {
      const client = clientOf(server);
      clients.push(client);
      return redisLeadership(client, options);
    },
    lived: async (name) => void (await redis.set(`{${name}}:term`, 41)),
    usurp: async (name) => void (await redis.set(`{${name}}:leader`, 'somebody else', 'PX', LEASE_MS)),
    holder: async (name) => (await redis.get(`{${name}}:leader`)) ?? undefined,
    forget: async () => void (await redis.flushall()),
    goAway: () => server.goAway(),
    comeBack: () => server.comeBack(),
    async stop() {
      for (const client of clients) client.disconnect();
      await server.stop();
    },
  };
}

describe.skipIf(!hasRedis)('Redis', () => {
  leaseContract('Redis', redisPlace, []);

  test('errors of the client are told, and it goes on', async () => {
    const server = await RedisServer.start();
    const redis = clientOf(server);
    let fails = true;
    const client: LeaseClient = {
      eval: (...args) => (fails ? Promise.reject(new Error('READONLY')) : redis.eval(...args)),
    };
    const a = instanceOf(redisLeadership(client, { leaseMs: LEASE_MS }), systemClock);
    await vi.waitFor(() => expect(a.told).toContain('failed: READONLY'));
    fails = false;
    await until(a.leads);
    await a.leadership.leave();
    redis.disconnect();
    await server.stop();
  });

  test('an answer that was lost does not shorten the wait for the leader from before', async () => {
    const server = await RedisServer.start();
    const redis = clientOf(server);
    let isLost = true;
    const client: LeaseClient = {
      async eval(...args) {
        const answer = await redis.eval(...args);
        if (isLost) {
          isLost = false;
          throw new Error('Connection is closed');
        }
        return answer;
      },
    };
    const began = performance.now();
    const a = instanceOf(redisLeadership(client, { leaseMs: LEASE_MS }), systemClock);
    await until(a.leads);
    expect(performance.now() - began).toBeGreaterThanOrEqual(LEASE_MS);
    await a.leadership.leave();
    redis.disconnect();
    await server.stop();
  });

  test('two processes: the leader is killed, or frozen past its lease; never do both act', {
    timeout: 60_000,
  }, async () => {
    const server = await RedisServer.start();
    const { takeovers, actions, overlaps } = await failover({
      place: 'redis',
      port: server.port,
      rounds: 2,
      leaseMs: LEASE_MS,
    }).finally(() => server.stop());
    expect(overlaps).toEqual([]);
    expect(actions).toBeGreaterThan(20);
    expect(takeovers.map(({ how }) => how)).toEqual(['killed', 'frozen']);
    for (const { tookMs } of takeovers) expect(tookMs).toBeLessThanOrEqual(LEASE_MS + 1_000);
  });
});
