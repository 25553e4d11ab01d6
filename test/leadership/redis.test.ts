import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import type { Leadership } from '../../src/leadership/leadership.ts';
import {
  type LeaseClient,
  type RedisLeadershipOptions,
  redisLeadership,
} from '../../src/leadership/redis.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { hasRedis, RedisServer } from '../redis-server.ts';
import { failover } from './failover.ts';

const LEASE_MS = 400;
/** For tests that want a leader to keep it, on a machine that may stall. */
const LONG_LEASE_MS = 1_000;

let server: RedisServer;
let redis: Redis;
let count = 0;
const leaving: (() => Promise<unknown>)[] = [];

interface Instance {
  readonly leadership: Leadership;
  readonly told: string[];
  leads(): boolean;
}

function instanceOf(options: RedisLeadershipOptions, client: LeaseClient = redis): Instance {
  const leadership = redisLeadership(client, { leaseMs: LEASE_MS, ...options });
  const told: string[] = [];
  let isFailing = false;
  leadership.join({
    clock: systemClock,
    changed: () => told.push('changed'),
    failed: (error) => {
      isFailing = true;
      told.push(`failed: ${(error as Error).message}`);
    },
    recovered: () => {
      if (isFailing) told.push('recovered');
      isFailing = false;
    },
  });
  leaving.push(() => leadership.leave());
  const leads = (): boolean =>
    leadership.isLeader({ now: systemClock.now(), monotonic: systemClock.monotonic() });
  return { leadership, told, leads };
}

/** A name whose first term is over, so that the next one begins at once. */
async function lived(): Promise<string> {
  count += 1;
  const name = `service-${count}`;
  await redis.set(`{${name}}:term`, 41);
  return name;
}

const until = (leads: () => boolean, timeout = 5_000): Promise<void> =>
  vi.waitFor(() => expect(leads()).toBe(true), { timeout, interval: 5 });

describe.skipIf(!hasRedis)('a lease in Redis', () => {
  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis({ port: server.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
    redis.on('error', () => {});
  });

  afterEach(async () => {
    for (const leave of leaving.splice(0)) await leave();
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  test('one of two instances has it, and renews it', async () => {
    const name = await lived();
    const a = instanceOf({ name, leaseMs: LONG_LEASE_MS });
    await until(a.leads);
    const b = instanceOf({ name, leaseMs: LONG_LEASE_MS });
    const began = performance.now();
    while (performance.now() - began < 1.5 * LONG_LEASE_MS) {
      expect([a.leads(), b.leads()]).toEqual([true, false]);
      await sleep(10);
    }
    expect(a.leadership.fencingToken).toBe(42);
    expect(b.leadership.fencingToken).toBeUndefined();
    expect(a.told).toEqual(['changed']);
  });

  test('it is free at once when its holder leaves, and the next term has a larger number', async () => {
    const name = await lived();
    const a = instanceOf({ name, leaseMs: 60_000 });
    await until(a.leads);
    const b = instanceOf({ name, leaseMs: 60_000 });
    await sleep(50);
    await a.leadership.leave();
    expect(a.leads()).toBe(false);
    await until(b.leads, 1_000);
    expect(b.leadership.fencingToken).toBe(43);
  });

  test('instances of another name have their own', async () => {
    const [a, b] = [instanceOf({ name: await lived() }), instanceOf({ name: await lived() })];
    await until(() => a.leads() && b.leads());
  });

  test('its holder stops to act a margin before it runs out, and only takes what it still has', async () => {
    const name = await lived();
    const a = instanceOf({ name, marginMs: 100 });
    await until(a.leads);
    const now = systemClock.now();
    const monotonic = systemClock.monotonic();
    expect(a.leadership.isLeader({ now, monotonic: monotonic + LEASE_MS - 100 })).toBe(false);
    // A machine that slept: its monotonic clock stood still.
    expect(a.leadership.isLeader({ now: now + LEASE_MS - 100, monotonic })).toBe(false);
    expect(a.leads()).toBe(true);
  });

  test('a holder that lost it to another is told so', async () => {
    const name = await lived();
    const a = instanceOf({ name });
    await until(a.leads);
    await redis.set(`{${name}}:leader`, 'somebody else', 'PX', LEASE_MS);
    await vi.waitFor(() => expect(a.leads()).toBe(false));
    await until(a.leads);
    expect(a.leadership.fencingToken).toBe(43);
  });

  test('the first term of a Redis without memory begins a lease later, its number not lower', async () => {
    const own = await RedisServer.start();
    const client = new Redis({ port: own.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
    client.on('error', () => {});
    const began = performance.now();
    const a = instanceOf({}, client);
    await until(a.leads);
    expect(performance.now() - began).toBeGreaterThanOrEqual(LEASE_MS);
    await a.leadership.leave();
    client.disconnect();
    await own.stop();
  });

  test('while Redis is away nobody leads once the lease is over, and it resumes by itself', async () => {
    const own = await RedisServer.start();
    const clients = [0, 1].map(() => {
      const client = new Redis({ port: own.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
      return client.on('error', () => {});
    });
    const [a, b] = clients.map((client) => instanceOf({}, client)) as [Instance, Instance];
    await until(() => a.leads() || b.leads());
    const term = Math.max(a.leadership.fencingToken ?? 0, b.leadership.fencingToken ?? 0);
    await own.goAway();
    const wentAt = performance.now();
    const over = { now: Date.now(), monotonic: wentAt + LEASE_MS };
    expect([a, b].map(({ leadership }) => leadership.isLeader(over))).toEqual([false, false]);
    await vi.waitFor(() => expect(a.leads() || b.leads()).toBe(false));
    while (performance.now() - wentAt < 3 * LEASE_MS) {
      expect([a.leads(), b.leads()]).toEqual([false, false]);
      await sleep(5);
    }
    expect(a.told.some((what) => what.startsWith('failed'))).toBe(true);
    await own.comeBack();
    await until(() => a.leads() || b.leads());
    expect(a.leads() && b.leads()).toBe(false);
    await vi.waitFor(() => expect(a.told).toContain('recovered'));
    const next = Math.max(a.leadership.fencingToken ?? 0, b.leadership.fencingToken ?? 0);
    expect(next).toBeGreaterThan(term);
    await Promise.all([a.leadership.leave(), b.leadership.leave()]);
    for (const client of clients) client.disconnect();
    await own.stop();
  });

  test('a controller acts no more while Redis is away, tells it once, and goes on', async () => {
    const own = await RedisServer.start();
    const client = new Redis({ port: own.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
    client.on('error', () => {});
    const asked: number[] = [];
    let size = 1;
    const controller = new ScalingController({
      pools: [
        {
          id: 'pool',
          policy: {
            name: 'restless',
            propose: () => ({ kind: 'target', size: 3 - size, reason: 'restless' }),
          },
          adapter: {
            observe: () => ({ ready: size, busy: 0, queued: 0 }),
            scaleTo: async (to) => {
              asked.push(performance.now());
              size = to;
            },
          },
        },
      ],
      intervalMs: 10,
      leadership: redisLeadership(client, { leaseMs: LONG_LEASE_MS }),
    });
    const faults: string[] = [];
    const changes: boolean[] = [];
    controller.on('fault', ({ source, recovered }) => faults.push(recovered ? `${source} over` : source));
    controller.on('leadership', ({ leader }) => changes.push(leader));
    controller.start();
    await until(() => asked.length > 2);
    await own.goAway();
    const wentAt = performance.now();
    await sleep(1.5 * LONG_LEASE_MS);
    expect(asked.every((at) => at - wentAt < LONG_LEASE_MS)).toBe(true);
    expect(faults).toEqual(['leadership']);
    await own.comeBack();
    const seen = asked.length;
    await until(() => asked.length > seen);
    expect(faults).toEqual(['leadership', 'leadership over']);
    expect(changes).toEqual([true, false, true]);
    await controller.stop();
    expect(await client.exists('{flyball}:leader')).toBe(0);
    client.disconnect();
    await own.stop();
  });

  test('a Redis that was wiped while a leader acts gives nobody its term beside it', async () => {
    const name = await lived();
    const a = instanceOf({ name, leaseMs: 600 });
    await until(a.leads);
    const b = instanceOf({ name, leaseMs: 600 });
    await redis.flushall();
    for (let i = 0; i < 300; i++) {
      expect(a.leads() && b.leads()).toBe(false);
      await sleep(5);
    }
    await until(() => a.leads() || b.leads());
    const winner = a.leads() ? a : b;
    expect(winner.leadership.fencingToken).toBeGreaterThan(42);
  });

  test('errors of the client are told, and it goes on', async () => {
    let fails = true;
    const client: LeaseClient = {
      eval: (...args) => (fails ? Promise.reject(new Error('READONLY')) : redis.eval(...args)),
    };
    const a = instanceOf({ name: await lived() }, client);
    await vi.waitFor(() => expect(a.told).toContain('failed: READONLY'));
    fails = false;
    await until(a.leads);
  });

  test('two processes: the leader is killed, or frozen past its lease; never do both act', {
    timeout: 60_000,
  }, async () => {
    const { takeovers, actions, overlaps } = await failover({
      redis: server.port,
      rounds: 4,
      leaseMs: LEASE_MS,
    });
    expect(overlaps).toEqual([]);
    expect(actions).toBeGreaterThan(20);
    expect(takeovers).toHaveLength(4);
    for (const { tookMs } of takeovers) expect(tookMs).toBeLessThanOrEqual(LEASE_MS + 1_000);
  });
});

test.each([
  [{ leaseMs: 50 }, 'leaseMs'],
  [{ leaseMs: Number.NaN }, 'leaseMs'],
  [{ marginMs: 6_000 }, 'marginMs'],
  [{ name: '' }, 'name'],
  [{ instance: '' }, 'instance'],
])('options that break a rule are refused: %j', (options, field) => {
  const client: LeaseClient = { eval: async () => undefined };
  expect(() => redisLeadership(client, options)).toThrow(InvalidOptionError);
  expect(() => redisLeadership(client, options)).toThrow(field);
});
