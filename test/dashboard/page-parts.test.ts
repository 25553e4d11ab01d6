import { describe, expect, it } from 'vitest';
import { mergePool, mergeSeries } from '../../src/dashboard/merge.ts';
import { fleetInWords, isAdvice } from '../../src/dashboard/sentences.ts';
import { amount, bytes, count, fromNow } from '../../src/dashboard/words.ts';
import type { DashboardPool } from '../../src/telemetry/dashboard-data.ts';
import { decisionOf, FakeController, NOON, seriesOf } from './fake-controller.ts';

describe('what is new is added to what is known', () => {
  it('points of a moment that is there already replace it', () => {
    const known = seriesOf([1, 2, 3], 1, 5);
    const merged = mergeSeries(known, seriesOf([3, 4], 1, 7), 10);
    expect(merged.at).toEqual([1, 2, 3, 4]);
    expect(merged.demand).toEqual([5, 5, 7, 7]);
  });

  it('the oldest go where there are too many', () => {
    const merged = mergeSeries(seriesOf([1, 2, 3], 1), seriesOf([4, 5], 1), 3);
    expect(merged.at).toEqual([3, 4, 5]);
    expect(merged.queued).toHaveLength(3);
  });

  it('nothing new changes nothing', () => {
    const known = seriesOf([1, 2], 1);
    expect(mergeSeries(known, seriesOf([], 1), 10)).toBe(known);
  });

  it('a decision that comes twice is shown once', () => {
    const [pool] = new FakeController('web').dashboard().pools as [DashboardPool];
    const [older, newer] = [decisionOf('web', NOON, 2, 4), decisionOf('web', NOON + 15_000, 4, 6)];
    const known = { ...pool, history: [older] };
    const merged = mergePool(known, { ...pool, history: [newer, { ...older }] });
    expect(merged.history).toEqual([newer, older]);
  });

  it('a lean message leaves the series alone', () => {
    const [pool] = new FakeController('web').dashboard().pools as [DashboardPool];
    const merged = mergePool(pool, { ...pool, recent: seriesOf([], 1), day: seriesOf([], 1) });
    expect(merged.recent).toEqual(pool.recent);
  });
});

describe('several instances', () => {
  it.each([
    [undefined, '4 workers ready for a demand of 2, nothing waiting.'],
    [{ leader: true, fencingToken: 7 }, 'nothing waiting. This instance leads, in term 7.'],
    [{ leader: true }, 'nothing waiting. This instance leads.'],
    [{ leader: false }, 'nothing waiting. This instance follows: it decides, and does not act.'],
  ])('%j is told with all pools', (leadership, sentence) => {
    const controller = new FakeController('web');
    controller.extra = { data: leadership === undefined ? {} : { leadership } };
    expect(fleetInWords(controller.dashboard()).endsWith(sentence)).toBe(true);
  });

  it.each([
    [{}, undefined, false],
    [{}, { leader: true }, false],
    [{}, { leader: false }, true],
    [{ paused: true }, { leader: true }, true],
    [{ mode: 'recommend' }, undefined, true],
  ] as const)('a pool %j of an instance %j only advises: %s', (status, leadership, advises) => {
    const controller = new FakeController('web');
    controller.extra = { status, data: leadership === undefined ? {} : { leadership } };
    const data = controller.dashboard();
    expect(isAdvice((data.pools[0] as DashboardPool).status, data)).toBe(advises);
  });
});

describe('figures in words', () => {
  it.each([
    [count(1, 'job'), '1 job'],
    [count(1.04, 'worker'), '1 worker'],
    [count(3, 'job'), '3 jobs'],
    [amount(95_721), '95,721'],
    [amount(12.34), '12.3'],
    [bytes(0), '0 B'],
    [bytes(1_536), '1.5 KiB'],
    [bytes(64 * 1024 ** 3), '64 GiB'],
    [fromNow(NOON + 300_000, NOON), 'in 5 min'],
    [fromNow(NOON - 12_000, NOON), '12 s ago'],
    [fromNow(NOON, NOON), 'now'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
