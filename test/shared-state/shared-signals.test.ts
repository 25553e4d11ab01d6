import { describe, expect, it } from 'vitest';
import type { Instant, Signal } from '../../src/core/model.ts';
import type { Entry } from '../../src/shared-state/ledger.ts';
import { SharedSignals } from '../../src/shared-state/shared-signals.ts';
import { createView } from '../../src/testing/create-view.ts';
import { SignalBoard, type SignalSource } from '../../src/triggers/signal-board.ts';

const MINUTE = 60_000;
const at = (minutes: number): Instant => ({
  now: 1_700_000_000_000 + minutes * MINUTE,
  monotonic: minutes * MINUTE,
});
const launch: Signal = { type: 'external', name: 'launch', expectedDemand: 60, durationMs: 60 * MINUTE };

/** A board that is shared, of a pool `a`. */
function setUp() {
  const board = new SignalBoard();
  const pools = new Set(['a']);
  const shared = new SharedSignals(
    () => board,
    (pool) => pools.has(pool),
  );
  const raise = (signal: Signal, minutes: number, by: SignalSource = 'host') =>
    board.raise(signal, [createView({ pool: 'a', size: 20, busy: 20, demand: 20 })], at(minutes), by);
  return { board, pools, shared, raise };
}

/** Has what one has changed taken over by another, as by a ledger. */
function pass(from: ReturnType<typeof setUp>, to: ReturnType<typeof setUp>, minutes: number): number {
  const changes = from.shared.changes(at(minutes));
  for (const { name, ...change } of changes) {
    const entry: Entry = { key: `signal ${name}`, term: 0, at: at(minutes).now, by: 'other', ...change };
    to.shared.take(name, JSON.parse(JSON.stringify(entry)), at(minutes));
  }
  return changes.length;
}

describe('shared signals', () => {
  it('hold at another board as long as at their own, and are told once', () => {
    const [one, other] = [setUp(), setUp()];
    one.raise(launch, 0);
    expect(pass(one, other, 5)).toBe(1);
    expect(pass(one, other, 6)).toBe(0);
    expect(pass(other, one, 6)).toBe(0);
    expect(other.board.active('a', at(59))).toEqual(one.board.active('a', at(59)));
    expect(other.board.active('a', at(59))).toMatchObject([{ name: 'launch', expectedDemand: 60 }]);
    expect(other.board.active('a', at(60))).toEqual([]);
  });

  it('last no longer elsewhere, also when they were raised by a clock that is a day ahead', () => {
    const [one, other] = [setUp(), setUp()];
    const day = 24 * 60;
    one.raise({ ...launch, durationMs: 10 * MINUTE }, day);
    const [change] = one.shared.changes(at(day));
    const { name = '', ...rest } = change ?? {};
    other.shared.take(name, { key: name, term: 0, at: at(day).now, by: 'one', ...rest }, at(0));
    expect(other.board.active('a', at(9))).toHaveLength(1);
    expect(other.board.active('a', at(10))).toEqual([]);
    expect(other.shared.changes(at(11))).toEqual([]);
  });

  it('end everywhere when they are withdrawn; what ends by itself is no news', () => {
    const [one, other] = [setUp(), setUp()];
    one.raise(launch, 0);
    one.raise({ ...launch, name: 'short', durationMs: MINUTE }, 0);
    pass(one, other, 0);
    other.board.withdraw('external');
    expect(pass(other, one, 2)).toBe(1);
    expect(one.board.active('a', at(2))).toEqual([]);
    expect(one.shared.changes(at(2))).toEqual([]);
  });

  it('stay at other instances when a pool is removed from one', () => {
    const one = setUp();
    one.raise(launch, 0);
    one.shared.changes(at(0));
    one.board.forget('a');
    one.pools.delete('a');
    expect(one.shared.changes(at(1))).toEqual([]);
  });

  it('that a detector raises at every tick are told when a quarter of their time has passed, or they weigh more', () => {
    const { shared, raise } = setUp();
    const spike: Signal = { type: 'load-spike', magnitude: 0.75, expectedDemand: 30 };
    const told: number[] = [];
    for (let minute = 0; minute < 4; minute += 0.25) {
      raise({ ...spike, expectedDemand: 30 + minute }, minute, 'detector');
      if (shared.changes(at(minute)).length > 0) told.push(minute);
    }
    expect(told).toEqual([0, 1.5, 3]);
    raise({ ...spike, emergency: true }, 3.5, 'detector');
    expect(shared.changes(at(3.5))).toMatchObject([{ value: { emergency: true } }]);
  });

  it('that the host raises again are told each time', () => {
    const { shared, raise } = setUp();
    for (const minute of [0, 1, 2]) {
      raise(launch, minute);
      expect(shared.changes(at(minute))).toHaveLength(1);
    }
  });

  it('do not make an emergency look like one that flaps, however often it is told', () => {
    const [one, other] = [setUp(), setUp()];
    const spike: Signal = { type: 'load-spike', magnitude: 1 };
    for (let minute = 0; minute < 30; minute += 3) {
      one.raise(spike, minute);
      pass(one, other, minute);
    }
    other.raise(spike, 30);
    const [active] = other.board.active('a', at(30));
    expect(active?.expiresAt).toBe(at(40).now);
    // Those that ended are counted: the next one lasts twice as long.
    one.raise(spike, 50);
    expect(one.board.active('a', at(50))[0]?.expiresAt).toBe(at(70).now);
  });

  it('limit what may be spent by all pools together', () => {
    const [one, other] = [setUp(), setUp()];
    one.raise({ type: 'cost-threshold', costPerHour: 9, maxCostPerHour: 6 }, 0);
    pass(one, other, 0);
    expect(other.board.supplies(at(1))).toMatchObject([{ resource: 'cost', total: 6 }]);
    one.board.withdraw('cost-threshold');
    pass(one, other, 1);
    expect(other.board.supplies(at(1))).toEqual([]);
  });
});
