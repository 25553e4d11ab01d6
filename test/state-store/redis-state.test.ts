import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { redisState } from '../../src/state-store/redis.ts';
import { hasRedis, RedisServer } from '../redis-server.ts';
import { describeStateStore } from './state-store-contract.ts';

let server: RedisServer;
let redis: Redis;

describe.skipIf(!hasRedis)('in Redis', () => {
  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis({ port: server.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
    redis.on('error', () => {});
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  describeStateStore('redisState', (place) => redisState(redis, { name: place }));

  test('what Redis has lost can be written anew', async () => {
    const store = redisState(redis, { name: 'forgetful' });
    await store.replace('signals', 1, 0);
    await server.goAway();
    await server.comeBack();
    expect(await store.read('signals')).toBeUndefined();
    expect(await store.replace('signals', 2, 1)).toBe(false);
    expect(await store.replace('signals', 2, 0)).toBe(true);
  });

  test('what somebody has broken by hand reads as null, and can be replaced', async () => {
    const store = redisState(redis, { name: 'broken' });
    await store.replace('signals', { a: 1 }, 0);
    await redis.hset('{broken}:state:signals', 'document', '{"a":');
    expect(await store.read('signals')).toEqual({ value: null, version: 1 });
    expect(await store.replace('signals', { a: 2 }, 1)).toBe(true);
  });
});

test('a name must not be empty', () => {
  expect(() => redisState({ eval: async () => null }, { name: '' })).toThrow(InvalidOptionError);
});
