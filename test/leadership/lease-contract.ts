import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import type { Leadership } from '../../src/leadership/leadership.ts';
import { ScalingController } from '../../src/scaling-controller.ts';

export interface LeaseChoice {
  readonly name?: string;
  readonly leaseMs?: number;
  readonly marginMs?: number;
  readonly instance?: string;
}

/** A place that keeps leases, with nothing in it, as a test runs it. */
export interface LeasePlace {
  /** By which its leases last. */
  readonly clock: Clock;
  /** Of a lease, by that clock. */
  readonly leaseMs: number;
  /** For tests that want a leader to keep it, on a machine that may stall. */
  readonly longLeaseMs: number;
  /** Of one more instance, on a connection of its own. */
  leadership(options: LeaseChoice): Leadership;
  /** A lease of this name has been there: its term 41 is over, so that the next one begins at once. */
  lived(name: string): Promise<void>;
  /** Somebody else has the lease, whoever had it before. */
  usurp(name: string): Promise<void>;
  /** Whoever has the lease, in the words of the place. */
  holder(name: string): Promise<string | undefined>;
  /** Loses all that it knows. */
  forget(): Promise<void>;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** One that stands for election. */
export interface Instance {
  readonly leadership: Leadership;
  /** What the controller was told. */
  readonly told: string[];
  leads(): boolean;
}

export function instanceOf(leadership: Leadership, clock: Clock): Instance {
  const told: string[] = [];
  let isFailing = false;
  leadership.join({
    clock,
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
  const leads = (): boolean => leadership.isLeader({ now: clock.now(), monotonic: clock.monotonic() });
  return { leadership, told, leads };
}

export const until = (isSo: () => boolean, timeout = 5_000): Promise<void> =>
  vi.waitFor(() => expect(isSo()).toBe(true), { timeout, interval: 5 });

/** What leadership by a lease keeps, wherever the lease is. */
export function leaseContract(
  place: string,
  openPlace: () => Promise<LeasePlace>,
  wrong: readonly (readonly [LeaseChoice, string])[],
): void {
  describe(`leadership by a lease in ${place}`, () => {
    let opened: LeasePlace;
    let joined: Instance[] = [];

    beforeEach(async () => {
      opened = await openPlace();
    });
    afterEach(async () => {
      await Promise.allSettled(joined.map(({ leadership }) => leadership.leave()));
      joined = [];
      await opened.stop();
    });

    const stand = (options: LeaseChoice = {}): Instance => {
      const { leaseMs, clock } = opened;
      const instance = instanceOf(opened.leadership({ name: 'service', leaseMs, ...options }), clock);
      joined.push(instance);
      return instance;
    };
    const termOf = (...instances: Instance[]): number =>
      Math.max(...instances.map(({ leadership }) => leadership.fencingToken ?? 0));
    /** For so long by the place's clock. */
    const during = async (ms: number, look: () => void): Promise<void> => {
      for (const end = opened.clock.monotonic() + ms; opened.clock.monotonic() < end; await sleep(5)) look();
    };

    test('one of two instances has it, and renews it', async () => {
      await opened.lived('service');
      const { longLeaseMs: leaseMs } = opened;
      const a = stand({ leaseMs });
      await until(a.leads);
      const b = stand({ leaseMs });
      await during(1.5 * leaseMs, () => expect([a.leads(), b.leads()]).toEqual([true, false]));
      expect(a.leadership.fencingToken).toBe(42);
      expect(b.leadership.fencingToken).toBeUndefined();
      expect(a.told).toEqual(['changed']);
    });

    test('it is free at once when its holder leaves, and the next term has a larger number', async () => {
      await opened.lived('service');
      const a = stand({ leaseMs: 60_000, instance: 'first' });
      await until(a.leads);
      expect(await opened.holder('service')).toMatch(/^first_[-0-9a-f]{36}$/);
      const b = stand({ leaseMs: 60_000 });
      await sleep(20);
      await a.leadership.leave();
      expect(a.leads()).toBe(false);
      expect(await opened.holder('service')).toBeUndefined();
      await until(b.leads, 1_000);
      expect(b.leadership.fencingToken).toBe(43);
    });

    test('instances of another name have their own', async () => {
      await Promise.all(['one', 'two'].map((name) => opened.lived(name)));
      const [a, b] = [stand({ name: 'one' }), stand({ name: 'two' })];
      await until(() => a.leads() && b.leads());
    });

    test('two that were given the same name for themselves do not have it together', async () => {
      await opened.lived('service');
      const { longLeaseMs: leaseMs } = opened;
      const a = stand({ leaseMs, instance: 'twin' });
      await until(a.leads);
      const b = stand({ leaseMs, instance: 'twin' });
      await during(leaseMs, () => expect([a.leads(), b.leads()]).toEqual([true, false]));
    });

    test('its holder stops to act a margin before it runs out, and only takes what it still has', async () => {
      await opened.lived('service');
      const { clock, leaseMs } = opened;
      const marginMs = leaseMs / 4;
      const a = stand({ marginMs });
      await until(a.leads);
      const now = clock.now();
      const monotonic = clock.monotonic();
      expect(a.leadership.isLeader({ now, monotonic: monotonic + leaseMs - marginMs })).toBe(false);
      // A machine that slept: its monotonic clock stood still.
      expect(a.leadership.isLeader({ now: now + leaseMs - marginMs, monotonic })).toBe(false);
      expect(a.leads()).toBe(true);
    });

    test('a holder that lost it to another is told so', async () => {
      await opened.lived('service');
      const a = stand();
      await until(a.leads);
      await opened.usurp('service');
      await until(() => !a.leads());
      await until(a.leads);
      expect(a.told).toEqual(['changed', 'changed', 'changed']);
      expect(termOf(a)).toBeGreaterThan(42);
    });

    test('the first term of a place without memory begins a lease later', async () => {
      const began = opened.clock.monotonic();
      const a = stand();
      await until(a.leads);
      expect(opened.clock.monotonic() - began).toBeGreaterThanOrEqual(opened.leaseMs);
      expect(termOf(a)).toBe(1);
    });

    test('one that leaves before its first term has begun does not shorten the wait of the next', async () => {
      const began = opened.clock.monotonic();
      const a = stand();
      await vi.waitFor(async () => expect(await opened.holder('service')).toBeDefined());
      await a.leadership.leave();
      const b = stand();
      await until(b.leads);
      expect(opened.clock.monotonic() - began).toBeGreaterThanOrEqual(opened.leaseMs);
    });

    test('a place that forgot all while a leader acts gives nobody its term beside it', async () => {
      await opened.lived('service');
      const a = stand();
      await until(a.leads);
      const b = stand();
      // It has heard of the term.
      await sleep(50);
      await opened.forget();
      await during(3 * opened.leaseMs, () => expect(a.leads() && b.leads()).toBe(false));
      await until(() => a.leads() || b.leads());
      expect(termOf(a, b)).toBeGreaterThan(42);
    });

    test('while it is away nobody leads once the lease is over, and it resumes by itself', async () => {
      const { clock, leaseMs } = opened;
      const [a, b] = [stand(), stand()];
      await until(() => a.leads() || b.leads());
      const term = termOf(a, b);
      await opened.goAway();
      const wentAt = clock.monotonic();
      const over = { now: clock.now(), monotonic: wentAt + leaseMs };
      expect([a, b].map(({ leadership }) => leadership.isLeader(over))).toEqual([false, false]);
      await until(() => !a.leads() && !b.leads());
      await during(2 * leaseMs, () => expect([a.leads(), b.leads()]).toEqual([false, false]));
      expect(a.told.some((what) => what.startsWith('failed'))).toBe(true);
      await opened.comeBack();
      await until(() => a.leads() || b.leads());
      expect(a.leads() && b.leads()).toBe(false);
      await vi.waitFor(() => expect(a.told).toContain('recovered'));
      expect(termOf(a, b)).toBeGreaterThan(term);
    });

    test('one that leaves while it is away does not wait for it', async () => {
      const a = stand();
      await until(a.leads);
      await opened.goAway();
      const began = opened.clock.monotonic();
      await expect(a.leadership.leave()).rejects.toThrow();
      expect(opened.clock.monotonic() - began).toBeLessThan(2 * opened.leaseMs);
      expect(a.leads()).toBe(false);
    });

    test('a controller acts no more while it is away, tells it once, and goes on', async () => {
      const { clock, longLeaseMs: leaseMs } = opened;
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
                asked.push(clock.monotonic());
                size = to;
              },
            },
          },
        ],
        clock,
        intervalMs: leaseMs / 100,
        leadership: opened.leadership({ name: 'service', leaseMs }),
      });
      const faults: string[] = [];
      const changes: boolean[] = [];
      controller.on('fault', ({ source, recovered }) => {
        // An action may be on its way just when the lease is over: it is refused, which is another fault.
        if (source === 'leadership') faults.push(recovered ? 'over' : 'away');
      });
      controller.on('leadership', ({ leader }) => changes.push(leader));
      controller.start();
      await until(() => asked.length > 2);
      await opened.goAway();
      const wentAt = clock.monotonic();
      await clock.sleep(1.5 * leaseMs);
      expect(asked.every((at) => at - wentAt < leaseMs)).toBe(true);
      expect(faults).toEqual(['away']);
      await opened.comeBack();
      const seen = asked.length;
      await until(() => asked.length > seen);
      expect(faults).toEqual(['away', 'over']);
      expect(changes).toEqual([true, false, true]);
      await controller.stop();
      expect(await opened.holder('service')).toBeUndefined();
    });

    test.each([
      [{ leaseMs: 50 }, 'leaseMs'],
      [{ leaseMs: Number.NaN }, 'leaseMs'],
      [{ marginMs: 6_000 }, 'marginMs'],
      [{ name: '' }, 'name'],
      [{ instance: '' }, 'instance'],
      ...wrong,
    ] as [LeaseChoice, string][])('options that break a rule are refused: %j', (options, field) => {
      expect(() => opened.leadership(options)).toThrow(InvalidOptionError);
      expect(() => opened.leadership(options)).toThrow(new RegExp(`^${field} must`));
    });
  });
}
