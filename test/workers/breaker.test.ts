import { describe, expect, it } from 'vitest';
import { Breaker, backoffMs } from '../../src/workers/breaker.ts';
import { lifecycleDefaults } from '../../src/workers/lifecycle-options.ts';

/** Fails at each of `times` (s), each try begun just before. */
function failing(times: number[]): Breaker {
  const breaker = new Breaker(lifecycleDefaults);
  for (const time of times) breaker.failure(time * 1000, time * 1000 - 1);
  return breaker;
}

describe('Breaker', () => {
  it('waits 1, 2, 4, … s between retries, at most 60 s', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => backoffMs(failures, lifecycleDefaults) / 1000);
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('never retries faster than the first delay, whatever the longest one says', () => {
    expect(backoffMs(3, { retryDelayMs: 5_000, retryDelayMaxMs: 1_000 })).toBe(5_000);
  });

  it('permits everything until something has failed', () => {
    expect(new Breaker(lifecycleDefaults).permits(0, 7)).toBe(Number.POSITIVE_INFINITY);
  });

  it('permits nothing during a backoff, unless that is to be ignored', () => {
    const breaker = failing([10]);
    expect(breaker.permits(10_999, 0)).toBe(0);
    expect(breaker.permits(10_999, 0, true)).toBe(Number.POSITIVE_INFINITY);
    expect(breaker.permits(11_000, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts tries that were begun together and fail one after the other as one failure', () => {
    const breaker = new Breaker(lifecycleDefaults);
    for (let i = 0; i < 10; i++) breaker.failure(5_000 + i, 0);
    expect(breaker.failures).toBe(1);
  });

  it('opens after five failures in a row, and an emergency does not change that', () => {
    const breaker = failing([10, 20, 30, 40]);
    expect(breaker.state).toBe('closed');
    expect(breaker.failure(50_000, 49_000)).toBe(true);
    expect(breaker.state).toBe('open');
    expect(breaker.permits(79_999, 0, true)).toBe(0);
  });

  it('lets one probe through when the open time is over', () => {
    const breaker = failing([10, 20, 30, 40, 50]);
    expect(breaker.permits(80_000, 0)).toBe(1);
    expect(breaker.state).toBe('half-open');
    expect(breaker.permits(80_000, 1)).toBe(0);
  });

  it('doubles the open time with each failed probe, to at most 5 min', () => {
    const breaker = failing([10, 20, 30, 40, 50]);
    const openMs: number[] = [];
    for (let i = 0; i < 5; i++) {
      const at = breaker.retryAt;
      breaker.permits(at, 0);
      breaker.failure(at + 1, at);
      openMs.push(breaker.retryAt - at - 1);
    }
    expect(openMs).toEqual([60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  it('closes with a success, and begins anew with the short delays', () => {
    const breaker = failing([10, 20, 30, 40, 50, 90]);
    expect(breaker.success()).toBe(true);
    expect(breaker.success()).toBe(false);
    expect(breaker.state).toBe('closed');
    breaker.failure(200_000, 199_000);
    expect(breaker.retryAt).toBe(201_000);
  });
});
