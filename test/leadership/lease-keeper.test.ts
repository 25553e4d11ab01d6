import { describe, expect, it } from 'vitest';
import { type Claim, type Claimed, type LeaseStore, leaseOf } from '../../src/leadership/lease.ts';
import { LeaseKeeper } from '../../src/leadership/lease-keeper.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Instance, instanceOf } from './lease-contract.ts';

/** It leads for 2,700 ms after it has asked, and asks again after 1,000. */
const LEASE = leaseOf({ leaseMs: 3_000 });

type Reply = Claimed | Error;
const own = (term: number, beginsInMs = 0): Claimed => ({ term, takenForMs: 0, beginsInMs });
const taken = (term: number, takenForMs: number): Claimed => ({ term, takenForMs, beginsInMs: 0 });

/** A place whose answers are written down, each with the time that it takes. */
class ScriptedStore implements LeaseStore {
  readonly place = 'The place';
  readonly asked: { readonly at: number; readonly ownTerm: number | undefined; signal: AbortSignal }[] = [];
  released = 0;
  releaseMs = 0;
  readonly #clock: VirtualClock;
  readonly #script: (readonly [afterMs: number, reply: Reply])[];

  /** The last reply is given from then on. */
  constructor(clock: VirtualClock, ...script: (readonly [afterMs: number, reply: Reply])[]) {
    this.#clock = clock;
    this.#script = script;
  }

  async claim({ ownTerm }: Claim, signal: AbortSignal): Promise<Claimed> {
    this.asked.push({ at: this.#clock.monotonic() - BEGAN, ownTerm, signal });
    const [afterMs, reply] = (this.#script.length > 1 ? this.#script.shift() : this.#script[0]) ?? [
      0,
      own(1),
    ];
    await this.#clock.sleep(afterMs);
    if (reply instanceof Error) throw reply;
    return reply;
  }

  async release(): Promise<void> {
    this.released += 1;
    await this.#clock.sleep(this.releaseMs);
  }
}

const BEGAN = new VirtualClock().monotonic();

function keep(...script: (readonly [number, Reply])[]): Instance & {
  clock: VirtualClock;
  store: ScriptedStore;
  askedAt(): number[];
} {
  const clock = new VirtualClock();
  const store = new ScriptedStore(clock, ...script);
  const instance = instanceOf(new LeaseKeeper(store, LEASE), clock);
  return { ...instance, clock, store, askedAt: () => store.asked.map(({ at }) => at) };
}

describe('a term', () => {
  it('is counted from before the lease was asked for, and ends a margin early', async () => {
    const { clock, leads } = keep([800, own(1)], [60_000, own(1)]);
    await clock.advance(799);
    expect(leads()).toBe(false);
    await clock.advance(1);
    expect(leads()).toBe(true);
    await clock.advance(1_899);
    expect(leads()).toBe(true);
    await clock.advance(1);
    expect(leads()).toBe(false);
  });

  it('is renewed three times in its length', async () => {
    const { clock, leads, told, askedAt } = keep([0, own(1)]);
    await clock.advance(10_500);
    expect(leads()).toBe(true);
    expect(askedAt()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => s * 1_000));
    expect(told).toEqual(['changed']);
  });

  it('begins later where it must wait, whatever its renewals say', async () => {
    const { clock, leads, leadership } = keep([0, own(5, 3_000)], [0, own(5, 2_000)], [0, own(5)]);
    await clock.advance(2_999);
    expect(leads()).toBe(false);
    await clock.advance(1);
    expect([leads(), leadership.fencingToken]).toEqual([true, 5]);
  });

  it('that was over before its renewal was answered does not begin again: the next one does', async () => {
    const { clock, leads, leadership, store } = keep([0, own(1)], [2_500, own(1)], [0, own(2)]);
    await clock.advance(3_499);
    expect(leads()).toBe(false);
    await clock.advance(1);
    expect([leads(), leadership.fencingToken]).toEqual([true, 2]);
    expect(store.asked.map(({ ownTerm }) => ownTerm)).toEqual([undefined, 1, undefined]);
  });

  it('that follows on another one of its own is told', async () => {
    const { clock, told } = keep([0, own(1)], [0, own(3)]);
    await clock.advance(1_500);
    expect(told).toEqual(['changed', 'changed']);
  });

  it('is over as soon as another has the lease', async () => {
    const { clock, leads, told } = keep([0, own(1)], [0, taken(2, 3_000)]);
    await clock.advance(1_000);
    expect(leads()).toBe(false);
    expect(told).toEqual(['changed', 'changed']);
  });
});

describe('a follower', () => {
  it('looks twice a second, and when the lease runs out', async () => {
    const { clock, askedAt } = keep(
      [0, taken(1, 3_000)],
      [0, taken(1, 700)],
      [0, taken(1, 200)],
      [0, own(2)],
    );
    await clock.advance(1_300);
    expect(askedAt()).toEqual([0, 500, 1_000, 1_201]);
  });

  it('does not look without a pause at a lease that is about to run out', async () => {
    const { clock, askedAt } = keep([0, taken(1, 0.1)]);
    await clock.advance(100);
    expect(askedAt()).toHaveLength(11);
  });
});

describe('a place that is away', () => {
  it('is asked again twice a second; the term ends in its time', async () => {
    const { clock, leads, told, askedAt } = keep([0, own(1)], [0, new Error('refused')]);
    await clock.advance(2_699);
    expect(leads()).toBe(true);
    expect(askedAt()).toEqual([0, 1_000, 1_500, 2_000, 2_500]);
    await clock.advance(1);
    expect(leads()).toBe(false);
    expect(told.filter((what) => what === 'changed')).toHaveLength(2);
    expect(told).toContain('failed: refused');
  });

  it('that keeps the call is told once, and when the term ends; the answer counts when it comes', async () => {
    const { clock, leads, told, askedAt } = keep([0, own(1)], [60_000, own(2)], [0, own(2)]);
    await clock.advance(2_100);
    expect(told).toEqual(['changed', 'failed: The place has not answered for 1000 ms']);
    await clock.advance(600);
    expect([leads(), told.at(-1)]).toEqual([false, 'changed']);
    await clock.advance(50_000);
    expect(told).toHaveLength(3);
    expect(askedAt()).toEqual([0, 1_000]);
    await clock.advance(9_000);
    // Counted from before the call, what that answer gave has run out already: it asks again at once.
    expect(leads()).toBe(true);
    expect(askedAt()[2]).toBe(61_000);
  });
});

describe('one that leaves', () => {
  it('waits for no answer, and gives the lease up', async () => {
    const { clock, leadership, leads, store, told } = keep([0, own(1)], [60_000, own(1)]);
    await clock.advance(1_500);
    const left = leadership.leave();
    expect(leads()).toBe(false);
    await clock.advance(1);
    await left;
    expect(store.released).toBe(1);
    expect(store.asked.at(-1)?.signal.aborted).toBe(true);
    await clock.advance(120_000);
    expect([leads(), told]).toEqual([false, ['changed']]);
  });

  it('tells when the place does not answer for a third of the lease', async () => {
    const { clock, leadership, store } = keep([0, own(1)]);
    store.releaseMs = 60_000;
    const left = leadership.leave().catch((error: Error) => error.message);
    await clock.advance(1_000);
    expect(await left).toBe('The place has not answered for 1000 ms');
  });

  it('before it has stood has nothing to give up', async () => {
    const store = new ScriptedStore(new VirtualClock());
    await new LeaseKeeper(store, LEASE).leave();
    expect(store.released).toBe(0);
  });
});
