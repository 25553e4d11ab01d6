import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
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

/** A place of a test's own, and the instances that it lets stand. */
class Scene {
  readonly place: LeasePlace;
  readonly #instances: Instance[] = [];

  constructor(place: LeasePlace) {
    this.place = place;
  }

  stand(options: LeaseChoice = {}): Instance {
    const { leaseMs, clock } = this.place;
    const leadership = this.place.leadership({ name: 'service', leaseMs, ...options });
    const instance = instanceOf(leadership, clock);
    this.#instances.push(instance);
    return instance;
  }

  /** The term that lasts, 0 where nobody leads. */
  get term(): number {
    return Math.max(0, ...this.#instances.map(({ leadership }) => leadership.fencingToken ?? 0));
  }

  /** For so long by the place's clock. */
  async during(ms: number, look: () => void): Promise<void> {
    const { clock } = this.place;
    for (const end = clock.monotonic() + ms; clock.monotonic() < end; await sleep(5)) look();
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#instances.map(({ leadership }) => leadership.leave()));
    await this.place.stop();
  }
}

/** What leadership by a lease keeps, wherever the lease is. */
export function leaseContract(
  kind: string,
  open: () => Promise<LeasePlace>,
  wrong: readonly (readonly [LeaseChoice, string])[],
): void {
  /** Leases take their time: all at once. */
  const it = (what: string, run: (scene: Scene) => Promise<void>): void =>
    test.concurrent(what, async () => {
      const scene = new Scene(await open());
      try {
        await run(scene);
      } finally {
        await scene.end();
      }
    });

  describe(`leadership by a lease in ${kind}`, () => {
    it('one of two instances has it, and renews it', async (scene) => {
      await scene.place.lived('service');
      const { longLeaseMs: leaseMs } = scene.place;
      const a = scene.stand({ leaseMs });
      await until(a.leads);
      const b = scene.stand({ leaseMs });
      await scene.during(1.5 * leaseMs, () => expect([a.leads(), b.leads()]).toEqual([true, false]));
      expect(a.leadership.fencingToken).toBe(42);
      expect(b.leadership.fencingToken).toBeUndefined();
      expect(a.told).toEqual(['changed']);
    });

    it('it is free at once when its holder leaves, and the next term has a larger number', async (scene) => {
      await scene.place.lived('service');
      const a = scene.stand({ leaseMs: 60_000, instance: 'first' });
      await until(a.leads);
      expect(await scene.place.holder('service')).toMatch(/^first_[-0-9a-f]{36}$/);
      const b = scene.stand({ leaseMs: 60_000 });
      await sleep(20);
      await a.leadership.leave();
      expect(a.leads()).toBe(false);
      // Free, or the next one's already.
      expect((await scene.place.holder('service')) ?? '').not.toMatch(/^first/);
      await until(b.leads, 2_000);
      expect(b.leadership.fencingToken).toBe(43);
    });

    it('instances of another name have their own', async (scene) => {
      await Promise.all(['one', 'two'].map((name) => scene.place.lived(name)));
      const [a, b] = [scene.stand({ name: 'one' }), scene.stand({ name: 'two' })];
      await until(() => a.leads() && b.leads());
    });

    it('two that were given the same name for themselves do not have it together', async (scene) => {
      await scene.place.lived('service');
      const { longLeaseMs: leaseMs } = scene.place;
      const a = scene.stand({ leaseMs, instance: 'twin' });
      await until(a.leads);
      const b = scene.stand({ leaseMs, instance: 'twin' });
      await scene.during(leaseMs, () => expect([a.leads(), b.leads()]).toEqual([true, false]));
    });

    it('its holder stops to act a margin before it runs out, and only takes what it still has', async (scene) => {
      await scene.place.lived('service');
      const { clock, leaseMs } = scene.place;
      const marginMs = leaseMs / 4;
      const a = scene.stand({ marginMs });
      await until(a.leads);
      const now = clock.now();
      const monotonic = clock.monotonic();
      expect(a.leadership.isLeader({ now, monotonic: monotonic + leaseMs - marginMs })).toBe(false);
      // A machine that slept: its monotonic clock stood still.
      expect(a.leadership.isLeader({ now: now + leaseMs - marginMs, monotonic })).toBe(false);
      expect(a.leads()).toBe(true);
    });

    it('a holder that lost it to another is told so', async (scene) => {
      await scene.place.lived('service');
      const a = scene.stand();
      await until(a.leads);
      await scene.place.usurp('service');
      await until(() => !a.leads());
      await until(a.leads);
      expect(a.told.filter((what) => what === 'changed').length).toBeGreaterThanOrEqual(3);
      expect(scene.term).toBeGreaterThan(42);
    });

    it('the first term of a place without memory begins a lease later', async (scene) => {
      const began = scene.place.clock.monotonic();
      const a = scene.stand();
      await until(a.leads);
      expect(scene.place.clock.monotonic() - began).toBeGreaterThanOrEqual(scene.place.leaseMs);
      expect(scene.term).toBe(1);
    });

    it('one that leaves before its first term has begun does not shorten the wait of the next', async (scene) => {
      const began = scene.place.clock.monotonic();
      const a = scene.stand();
      await vi.waitFor(async () => expect(await scene.place.holder('service')).toBeDefined());
      await a.leadership.leave();
      const b = scene.stand();
      await until(b.leads);
      expect(scene.place.clock.monotonic() - began).toBeGreaterThanOrEqual(scene.place.leaseMs);
    });

    it('a place that forgot all while a leader acts gives nobody its term beside it', async (scene) => {
      await scene.place.lived('service');
      const a = scene.stand();
      await until(a.leads);
      const b = scene.stand();
      // It has heard of the term.
      await sleep(50);
      await scene.place.forget();
      await scene.during(3 * scene.place.leaseMs, () => expect(a.leads() && b.leads()).toBe(false));
      await until(() => a.leads() || b.leads());
      expect(scene.term).toBeGreaterThan(42);
    });

    it('while it is away nobody leads once the lease is over, and it resumes by itself', async (scene) => {
      const { clock, leaseMs } = scene.place;
      const [a, b] = [scene.stand(), scene.stand()];
      await until(() => a.leads() || b.leads());
      const term = scene.term;
      await scene.place.goAway();
      const wentAt = clock.monotonic();
      const over = { now: clock.now(), monotonic: wentAt + leaseMs };
      expect([a, b].map(({ leadership }) => leadership.isLeader(over))).toEqual([false, false]);
      await until(() => !a.leads() && !b.leads());
      await scene.during(2 * leaseMs, () => expect([a.leads(), b.leads()]).toEqual([false, false]));
      expect(a.told.some((what) => what.startsWith('failed'))).toBe(true);
      await scene.place.comeBack();
      await until(() => a.leads() || b.leads());
      expect(a.leads() && b.leads()).toBe(false);
      await vi.waitFor(() => expect(a.told).toContain('recovered'));
      expect(scene.term).toBeGreaterThan(term);
    });

    it('one that leaves while it is away does not wait for it', async (scene) => {
      const a = scene.stand();
      await until(a.leads);
      await scene.place.goAway();
      const began = scene.place.clock.monotonic();
      await expect(a.leadership.leave()).rejects.toThrow();
      expect(scene.place.clock.monotonic() - began).toBeLessThan(2 * scene.place.leaseMs);
      expect(a.leads()).toBe(false);
    });

    it('a controller acts no more while it is away, tells it once, and goes on', async (scene) => {
      const { clock, longLeaseMs: leaseMs } = scene.place;
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
        leadership: scene.place.leadership({ name: 'service', leaseMs }),
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
      await scene.place.goAway();
      const wentAt = clock.monotonic();
      await clock.sleep(1.5 * leaseMs);
      expect(asked.every((at) => at - wentAt < leaseMs)).toBe(true);
      expect(faults).toEqual(['away']);
      await scene.place.comeBack();
      const seen = asked.length;
      await until(() => asked.length > seen);
      expect(faults).toEqual(['away', 'over']);
      expect(changes).toEqual([true, false, true]);
      await controller.stop();
      expect(await scene.place.holder('service')).toBeUndefined();
    });

    test.each([
      [{ leaseMs: 50 }, 'leaseMs'],
      [{ leaseMs: Number.NaN }, 'leaseMs'],
      [{ marginMs: 6_000 }, 'marginMs'],
      [{ name: '' }, 'name'],
      [{ instance: '' }, 'instance'],
      ...wrong,
    ] as [LeaseChoice, string][])('options that break a rule are refused: %j', async (options, field) => {
      const place = await open();
      expect(() => place.leadership(options)).toThrow(InvalidOptionError);
      expect(() => place.leadership(options)).toThrow(new RegExp(`^${field} must`));
      await place.stop();
    });
  });
}
