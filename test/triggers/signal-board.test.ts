import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/core/instant.ts';
import type { ActiveSignal, Signal } from '../../src/core/signal.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';
import { SignalBoard } from '../../src/triggers/signal-board.ts';
import type { SignalOptions } from '../../src/triggers/signal-options.ts';

const MINUTE = 60_000;
const at = (minutes: number, wallJumpMs = 0): Instant => ({
  now: 1_700_000_000_000 + minutes * MINUTE + wallJumpMs,
  monotonic: minutes * MINUTE,
});
const view = (options: ViewOptions = {}) =>
  createView({ pool: 'a', size: 20, busy: 20, demand: 20, ...options });

/** What a signal means for one pool. */
const means = (signal: Signal, options: ViewOptions = {}): ActiveSignal | undefined =>
  new SignalBoard().raise(signal, [view(options)], at(0)).signals[0];

describe('what a signal means', () => {
  it('a load spike above 0.8 is an emergency for 10 min, a smaller one expects more load for 5 min', () => {
    const small = means({ type: 'load-spike', magnitude: 0.75 });
    expect(small).toMatchObject({ emergency: false, expectedDemand: 35 });
    expect((small as ActiveSignal).expiresAt - at(0).now).toBe(5 * MINUTE);
    const large = means({ type: 'load-spike', magnitude: 0.85, expectedDemand: 50 });
    expect(large).toMatchObject({ emergency: true, expectedDemand: 50 });
    expect((large as ActiveSignal).expiresAt - at(0).now).toBe(10 * MINUTE);
  });

  it('a rate limit above 90% cuts the pool to what uses 80% of it', () => {
    // 20 busy workers use 95%; 20 × 0.8 / 0.95 = 16.8
    expect(means({ type: 'rate-limit', current: 95, limit: 100 })).toMatchObject({
      ceiling: 16,
      reason: '95% of the rate limit of 100 is in use',
    });
    // Idle workers send no calls: cutting 40 to 33 would change nothing.
    expect(means({ type: 'rate-limit', current: 95, limit: 100 }, { size: 40, busy: 20 })?.ceiling).toBe(16);
    expect(means({ type: 'rate-limit', current: 85, limit: 100 })).toBeUndefined();
  });

  it('failing jobs stop growth', () => {
    expect(means({ type: 'error-rate', errorRatio: 0.3 })).toMatchObject({
      ceiling: 20,
      reason: '30% of the jobs fail: more workers would feed what fails',
    });
  });

  it('an external event brings its load', () => {
    const event: Signal = { type: 'external', name: 'launch', expectedDemand: 60, durationMs: 90 * MINUTE };
    const launch = means(event);
    expect(launch).toMatchObject({ expectedDemand: 60, emergency: false, reason: 'external event launch' });
    expect((launch as ActiveSignal).expiresAt - at(0).now).toBe(90 * MINUTE);
  });

  it('a cost threshold caps the pool at what can be paid', () => {
    expect(means({ type: 'cost-threshold', pool: 'a', costPerHour: 6, maxCostPerHour: 4 })?.ceiling).toBe(13);
    expect(means({ type: 'cost-threshold', pool: 'a', costPerHour: 4, maxCostPerHour: 4 })).toBeUndefined();
  });
});

describe('SignalBoard', () => {
  const spike: Signal = { type: 'load-spike', pool: 'a', magnitude: 0.9 };

  it('keeps a signal until it expires, by the monotonic clock', () => {
    const board = new SignalBoard();
    board.raise(spike, [view()], at(0));
    const dayLater = at(9, 24 * 60 * MINUTE);
    const [active] = board.active('a', dayLater);
    expect(active).toMatchObject({ type: 'load-spike', expiresAt: dayLater.now + MINUTE });
    expect(board.active('a', at(10))).toEqual([]);
    expect(board.active('b', at(1))).toEqual([]);
  });

  it('prolongs a signal that is raised again, and holds one of each pool, type, name and source', () => {
    const board = new SignalBoard();
    for (let minute = 0; minute < 5; minute++) {
      board.raise(spike, [view()], at(minute));
      board.raise(spike, [view()], at(minute), 'detector');
      board.raise({ ...spike, name: 'b' }, [view()], at(minute));
    }
    expect(board.active('a', at(13))).toHaveLength(3);
    expect(board.active('a', at(14))).toHaveLength(0);
  });

  it('raises a signal without a pool for all, with the load divided as it is now', () => {
    const board = new SignalBoard();
    const pools = [view({ pool: 'a', demand: 30 }), view({ pool: 'b', demand: 10 })];
    const { signals } = board.raise({ type: 'external', expectedDemand: 80 }, pools, at(0));
    expect(signals.map(({ pool, expectedDemand }) => [pool, expectedDemand])).toEqual([
      ['a', 60],
      ['b', 20],
    ]);
  });

  it('makes a cost threshold of all pools a limit for their budget, for an hour', () => {
    const board = new SignalBoard();
    const { signals } = board.raise(
      { type: 'cost-threshold', costPerHour: 6, maxCostPerHour: 4 },
      [view()],
      at(0),
    );
    expect(signals).toEqual([]);
    expect(board.supplies(at(59))).toEqual([{ resource: 'cost', total: 4, by: 'a cost-threshold signal' }]);
    expect(board.supplies(at(60))).toEqual([]);
  });

  it('advises a rate to keep from 70% of a limit on, and cuts from 90% on', () => {
    const board = new SignalBoard();
    const raise = (current: number) =>
      board.raise({ type: 'rate-limit', pool: 'a', current, limit: 200 }, [view()], at(0));
    expect(raise(140)).toEqual({ signals: [], advice: [] });
    expect(raise(160)).toMatchObject({ signals: [], advice: [{ keep: 140, keepRatio: 0.875 }] });
    expect(raise(190)).toMatchObject({ signals: [{ ceiling: 16 }], advice: [{ keep: 140 }] });
  });

  it('does not cut again while the pool still shrinks, and keeps the ceiling until the limit is far', () => {
    const board = new SignalBoard();
    const raise = (current: number, size: number, minute: number) =>
      board.raise(
        { type: 'rate-limit', pool: 'a', current, limit: 100 },
        [view({ size, busy: size })],
        at(minute),
      );
    expect(raise(95, 20, 0).signals[0]?.ceiling).toBe(16);
    expect(raise(95, 18, 1).signals[0]?.ceiling).toBe(16);
    expect(raise(80, 16, 2).signals[0]?.ceiling).toBe(16);
    expect(raise(93, 16, 3).signals[0]?.ceiling).toBe(13);
    raise(60, 13, 4);
    expect(board.active('a', at(7.9))).toHaveLength(1);
    expect(board.active('a', at(8))).toHaveLength(0);
  });

  it('lets flapping emergencies last longer: 10, 20, 40, at most 60 min', () => {
    const board = new SignalBoard();
    const lasted: number[] = [];
    let minute = 0;
    for (let time = 0; time < 4; time++) {
      board.raise(spike, [view()], at(minute));
      const began = minute;
      while (board.active('a', at(minute)).length > 0) minute++;
      lasted.push(minute - began);
    }
    expect(lasted).toEqual([10, 20, 40, 60]);
  });

  it('ends signals that are withdrawn, and forgets pools', () => {
    const board = new SignalBoard();
    board.raise(spike, [view()], at(0));
    board.withdraw('load-spike', 'b');
    expect(board.active('a', at(1))).toHaveLength(1);
    board.withdraw('load-spike');
    expect(board.active('a', at(1))).toHaveLength(0);
    board.raise(spike, [view()], at(1));
    board.forget('a');
    expect(board.active('a', at(1))).toHaveLength(0);
  });

  it.each([
    [{ spikeThreshold: 1.1 }, 'signals.spikeThreshold'],
    [{ spikeThreshold: 0.95 }, 'signals.emergencyThreshold'],
    [{ throttleRatio: 0.95 }, 'signals.rateLimitRatio'],
    [{ durationMs: 0 }, 'signals.durationMs'],
    [{ errorFactor: 0.5 }, 'signals.errorFactor'],
    [{ threshold: 1 }, 'signals.threshold'],
  ])('refuses %j', (given, field) => {
    const options = given as SignalOptions;
    expect(() => new SignalBoard(options)).toThrow(InvalidOptionError);
    expect(() => new SignalBoard(options)).toThrow(expect.objectContaining({ field }));
  });
});
