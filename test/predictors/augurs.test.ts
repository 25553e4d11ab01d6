import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AugursPredictorOptions, augursPredictor } from '../../src/augurs/augurs-predictor.ts';
import type { LoadPredictor, LoadSample } from '../../src/core/forecast.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { createPredictor } from '../../src/predictors/predictor.ts';
import { Random } from '../../src/testing/random.ts';

const MINUTE = 60_000;
const TICK = 2 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Friday, 00:00 UTC. */
const START = Date.UTC(2026, 0, 2);
const TWO_WEEKS = START + 14 * DAY;

/** 32 at six in the evening, 8 at six in the morning; at weekends 6 less. */
function load(time: number): number {
  const isWeekend = [0, 6].includes(new Date(time).getUTCDay());
  return 20 - 12 * Math.sin((2 * Math.PI * time) / DAY) - (isWeekend ? 6 : 0);
}

function samples(from: number, until: number, seed = 1): LoadSample[] {
  const random = new Random(seed);
  return Array.from({ length: Math.round((until - from) / TICK) }, (_, i) => {
    const at = from + i * TICK;
    return { at, demand: load(at) + 3.4 * (random.next() - 0.5) };
  });
}

/** Expects what `expects` says, at first sight the newest demand. */
function simple(expects: (at: number, newest: number) => number = (_, newest) => newest): LoadPredictor {
  let newest = 0;
  return {
    name: 'simple',
    observe: ({ demand }) => {
      newest = demand;
    },
    forecast: (at, horizonMs) => {
      const mean = expects(at + horizonMs, newest);
      const bounds = { low: mean - 2, lowQuantile: 0.05, high: mean + 2, highQuantile: 0.95 };
      const peak = { peak: mean + 2, peakAt: at + horizonMs };
      return { at, horizonMs, mean, ...bounds, ...peak, confidence: 1, model: 'simple' };
    },
  };
}

const threads: Worker[] = [];
let onThread: ((thread: Worker) => void) | undefined;
const noteThread = (thread: Worker): void => {
  threads.push(thread);
  onThread?.(thread);
};
beforeEach(() => {
  process.on('worker', noteThread);
});
afterEach(() => {
  process.off('worker', noteThread);
  // A thread that has ended has no number any more.
  expect(threads.filter(({ threadId }) => threadId !== -1)).toEqual([]);
  threads.length = 0;
  onThread = undefined;
});

/** Trained with two weeks, fitted, and observing since, until its forecasts have been judged. */
async function seasoned(options: AugursPredictorOptions, until = TWO_WEEKS + 4 * HOUR) {
  const predictor = augursPredictor({ fitIntervalMs: DAY, ...options });
  predictor.train(samples(START, TWO_WEEKS));
  await predictor.settled();
  for (const sample of samples(TWO_WEEKS, until, 2)) predictor.observe(sample);
  return predictor;
}

describe('with two weeks of a daily and a weekly season', () => {
  it('is much nearer than "as now" to what comes six hours later, through Friday to Saturday', async () => {
    await using predictor = await seasoned({ predictor: simple() });
    let error = 0;
    let lastError = 0;
    for (const sample of samples(TWO_WEEKS + 4 * HOUR, TWO_WEEKS + 28 * HOUR, 3)) {
      predictor.observe(sample);
      const forecast = predictor.forecast(sample.at, 6 * HOUR);
      expect(forecast?.model).toBe('augurs-mstl-ets/1');
      error += Math.abs((forecast?.mean ?? 0) - load(sample.at + 6 * HOUR));
      lastError += Math.abs(sample.demand - load(sample.at + 6 * HOUR));
    }
    expect(error).toBeLessThan(0.15 * lastError);
  });

  it('gives bounds in order, and the peak on the way', async () => {
    await using predictor = await seasoned({ predictor: simple() });
    const now = TWO_WEEKS + 4 * HOUR;
    const forecast = predictor.forecast(now, 24 * HOUR);
    expect(forecast).toMatchObject({ at: now, horizonMs: 24 * HOUR, lowQuantile: 0.05, highQuantile: 0.95 });
    const { low = 0, mean = 0, high = 0, peak = 0, peakAt = 0, expectedPeak = 0 } = forecast ?? {};
    expect([high - mean, mean - low]).toEqual([expect.closeTo(2), expect.closeTo(2)]);
    expect(peak).toBeCloseTo(expectedPeak + 2);
    expect(Math.abs(expectedPeak - 32)).toBeLessThan(1.5);
    expect(Math.abs(peakAt - (TWO_WEEKS + 18 * HOUR))).toBeLessThan(1.5 * HOUR);
  });

  it('stands at the level that is measured', async () => {
    await using predictor = await seasoned({ predictor: simple() });
    for (const { at, demand } of samples(TWO_WEEKS + 4 * HOUR, TWO_WEEKS + 5 * HOUR)) {
      predictor.observe({ at, demand: demand + 10 });
    }
    const then = TWO_WEEKS + 6 * HOUR;
    expect(predictor.forecast(TWO_WEEKS + 5 * HOUR, HOUR)?.mean).toBeCloseTo(load(then) + 10, -1);
  });

  it.each([
    ['below 15 minutes', simple(), 14 * MINUTE, 'simple'],
    ['from 15 minutes on', simple(), 15 * MINUTE, 'augurs-mstl-ets/1'],
    ['to 48 hours', simple(), 48 * HOUR, 'augurs-mstl-ets/1'],
    ['where the path ends', simple(), 200 * HOUR, 'simple'],
    ['where the other one is nearer', simple(load), 6 * HOUR, 'simple'],
  ])('%s', async (_, other, horizonMs, model) => {
    await using predictor = await seasoned({ predictor: other });
    expect(predictor.forecast(TWO_WEEKS + 4 * HOUR, horizonMs)?.model).toBe(model);
  });

  it('leads at the horizons at which it is nearer', async () => {
    // Exact up to three hours ahead, and lost beyond.
    let now = 0;
    const shortSighted = simple((at, newest) => (at - now <= 3 * HOUR ? load(at) : newest));
    await using predictor = await seasoned({ predictor: shortSighted }, TWO_WEEKS);
    for (const sample of samples(TWO_WEEKS, TWO_WEEKS + 8 * HOUR, 2)) {
      now = sample.at;
      predictor.observe(sample);
    }
    expect(predictor.forecast(now, HOUR)?.model).toBe('simple');
    expect(predictor.forecast(now, 6 * HOUR)?.model).toBe('augurs-mstl-ets/1');
    expect(predictor.forecast(now, 24 * HOUR)?.model).toBe('augurs-mstl-ets/1');
  });

  it('is hardly worse than the default predictor alone', async () => {
    const alone = createPredictor();
    alone.train(samples(START, TWO_WEEKS));
    await using predictor = await seasoned({}, TWO_WEEKS);
    let error = 0;
    let errorAlone = 0;
    for (const sample of samples(TWO_WEEKS, TWO_WEEKS + 2 * DAY, 3)) {
      alone.observe(sample);
      predictor.observe(sample);
      const actual = load(sample.at + HOUR);
      error += Math.abs((predictor.forecast(sample.at, HOUR)?.mean ?? 0) - actual);
      errorAlone += Math.abs((alone.forecast(sample.at, HOUR)?.mean ?? 0) - actual);
    }
    expect(error).toBeLessThan(1.05 * errorAlone);
  });
});

it('before the first fit, the other one answers', async () => {
  await using predictor = augursPredictor({ predictor: simple() });
  for (const sample of samples(START, START + DAY)) predictor.observe(sample);
  expect(threads).toEqual([]);
  expect(predictor.forecast(START + DAY, 6 * HOUR)?.model).toBe('simple');
});

it('fits on its own from two days on, and again at the interval', async () => {
  await using predictor = augursPredictor({ predictor: simple(), fitIntervalMs: 6 * HOUR });
  const fits: number[] = [];
  for (const sample of samples(START, START + 2.6 * DAY)) {
    predictor.observe(sample);
    await predictor.settled();
    if (threads.length > fits.length) fits.push((sample.at - START) / HOUR);
  }
  expect(fits).toEqual([48, 54, 60]);
  expect(predictor.forecast(START + 2.6 * DAY, 6 * HOUR)?.model).toBe('augurs-mstl-ets/1');
});

it('when the thread dies, the other one answers, the host is told, and the next fit is tried', async () => {
  const failures: string[] = [];
  onThread = (thread) => void thread.terminate();
  await using predictor = await seasoned({
    predictor: simple(),
    onFailure: ({ message }) => {
      failures.push(message);
      throw new Error('a host that fails as well');
    },
  });
  expect(failures).toEqual([expect.stringMatching(/^the thread of the fit ended with code \d$/)]);
  expect(predictor.forecast(TWO_WEEKS + 4 * HOUR, 6 * HOUR)?.model).toBe('simple');

  onThread = undefined;
  predictor.retrain(TWO_WEEKS + 4 * HOUR);
  await predictor.settled();
  for (const sample of samples(TWO_WEEKS + 4 * HOUR, TWO_WEEKS + 8 * HOUR)) predictor.observe(sample);
  expect(predictor.forecast(TWO_WEEKS + 8 * HOUR, 6 * HOUR)?.model).toBe('augurs-mstl-ets/1');
  expect(failures).toHaveLength(1);
});

it('disposed in the middle of a fit, it leaves no thread, reports nothing and fits no more', async () => {
  const failures: Error[] = [];
  const predictor = augursPredictor({ predictor: simple(), onFailure: (error) => failures.push(error) });
  predictor.train(samples(START, TWO_WEEKS));
  await predictor[Symbol.asyncDispose]();
  predictor.retrain(TWO_WEEKS);
  await predictor.settled();
  expect(failures).toEqual([]);
  expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
});

describe('after a restart', () => {
  it('fits what was saved, and goes on with the one that was nearer', async () => {
    const now = TWO_WEEKS + 4 * HOUR;
    await using before = await seasoned({});
    await using after = augursPredictor();
    after.restore(JSON.parse(JSON.stringify(before.save())));
    await after.settled();
    for (const sample of samples(now, now + HOUR)) {
      before.observe(sample);
      after.observe(sample);
    }
    const [was, is] = [before.forecast(now + HOUR, 3 * HOUR), after.forecast(now + HOUR, 3 * HOUR)];
    expect(is?.model).toBe(was?.model);
    expect(Math.abs((is?.mean ?? 0) - (was?.mean ?? 0))).toBeLessThan(0.5);
    expect(after.save()).toMatchObject({ ring: { newest: now / (10 * MINUTE) + 4 } });
  });

  it.each([[{ version: 99 }], [null], ['rubbish'], [{ version: 1 }]])(
    'begins anew with %j',
    async (state) => {
      await using predictor = augursPredictor();
      predictor.restore(state);
      await predictor.settled();
      expect(predictor.forecast(START, HOUR)).toBeUndefined();
    },
  );
});

it('gaps, clocks that run back and absurd numbers are taken', async () => {
  await using predictor = augursPredictor({ predictor: simple() });
  predictor.train(samples(START, START + 5 * DAY));
  for (const demand of [Number.NaN, -1, Number.POSITIVE_INFINITY])
    predictor.observe({ at: START + 5 * DAY, demand });
  predictor.observe({ at: START, demand: 500 });
  const back = START + 9 * DAY;
  for (const sample of samples(back, back + 4 * HOUR)) {
    predictor.observe(sample);
    await predictor.settled();
  }
  const { mean = Number.NaN } = predictor.forecast(back + 4 * HOUR, 6 * HOUR) ?? {};
  expect(Number.isFinite(mean)).toBe(true);
});

it.each([0, -1, 599_999, Number.NaN, Number.POSITIVE_INFINITY])(
  'a fit every %d ms is refused',
  (fitIntervalMs) => {
    expect(() => augursPredictor({ fitIntervalMs })).toThrow(InvalidOptionError);
  },
);
