import { describe, expect, it } from 'vitest';
import type { Signal } from '../../src/core/signal.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';
import { SignalDetector } from '../../src/triggers/signal-detector.ts';
import { resolveSignalOptions } from '../../src/triggers/signal-options.ts';

const TICK = 15_000;

/** Feeds one view per tick and gives what each raised. */
function timeline(views: readonly ViewOptions[], rateLimit?: { current: number; limit: number }): Signal[][] {
  const detector = new SignalDetector(resolveSignalOptions());
  return views.map((options, tick) => {
    const at = { now: tick * TICK, monotonic: tick * TICK };
    return [...detector.detect(createView(options), rateLimit, at)];
  });
}

/** 20 busy workers, a usual demand of 20, and work that arrives `times` as fast as it can be done. */
const loaded = (times: number, sinceTicks = 1): ViewOptions => ({
  size: 20,
  busy: 20,
  demand: {
    now: 20 * times,
    fast: 20 * times,
    slow: 20,
    backlogSeconds: sinceTicks * 20 * (times - 1) * (TICK / 1000),
  },
});

describe('SignalDetector, load spikes', () => {
  it('raises none for a busy pool that keeps up', () => {
    expect(timeline([loaded(1), loaded(1), loaded(1)]).flat()).toEqual([]);
  });

  it('detects a score of 0.7: a busy pool that gets 1.4 times what it can do … if that stands out', () => {
    const large = (times: number): ViewOptions => ({
      ...loaded(times),
      size: 100,
      busy: 100,
      demand: { now: 100 * times, fast: 100 * times, slow: 100, backlogSeconds: 100 * (times - 1) * 15 },
    });
    expect(timeline([large(1), large(1.39)])[1]).toEqual([]);
    expect(timeline([large(1), large(1.41)])[1]).toMatchObject([
      { type: 'load-spike', emergency: false, expectedDemand: 141 },
    ]);
    expect(timeline([large(1), large(1.81)])[1]).toMatchObject([{ emergency: true, expectedDemand: 181 }]);
  });

  it('raises it again as long as the queue grows', () => {
    const growing = [1, 2, 3, 3, 2].map((backlog) => loaded(2, backlog));
    const raised = timeline([loaded(1), ...growing]);
    expect(raised.map((signals) => signals.length)).toEqual([0, 1, 1, 1, 0, 0]);
  });

  it('takes no chance for a spike: four jobs in front of one worker', () => {
    const small = (queued: number): ViewOptions => ({
      size: 1,
      busy: 1,
      queued,
      demand: { now: 1 + queued / 15, fast: 0.7, slow: 0.6, backlogSeconds: queued * 4 },
    });
    expect(timeline([small(0), small(4)]).flat()).toEqual([]);
  });

  it('takes no thousand tiny jobs for a spike', () => {
    const tiny: ViewOptions = {
      size: 20,
      busy: 20,
      queued: 1000,
      demand: { now: 20, slow: 20, backlogSeconds: 1 },
    };
    expect(timeline([loaded(1), tiny]).flat()).toEqual([]);
  });

  it('says nothing about what it has not seen', () => {
    expect(timeline([loaded(2)]).flat()).toEqual([]);
    expect(timeline([loaded(1), { ...loaded(2), quality: 'stale' }]).flat()).toEqual([]);
  });
});

describe('SignalDetector, rate limits', () => {
  it.each([
    [70, 0],
    [71, 1],
    [130, 1],
  ])('at %i of 100 raises %i', (current, count) => {
    expect(timeline([loaded(1)], { current, limit: 100 }).flat()).toHaveLength(count);
  });

  it('knows no limit where none is reported', () => {
    expect(timeline([loaded(1)], { current: 5, limit: 0 }).flat()).toEqual([]);
  });
});

describe('SignalDetector, errors', () => {
  const failing = (ratio: number): ViewOptions => ({ ...loaded(1), flow: { errorRatio: ratio } });

  it('raises an increase above the usual, not the usual', () => {
    expect(timeline([failing(0.3), failing(0.3), failing(0.35)]).flat()).toEqual([]);
    expect(timeline([failing(0.01), failing(0.09), failing(0.2)])).toMatchObject([
      [],
      [],
      [{ type: 'error-rate', errorRatio: 0.2 }],
    ]);
  });

  it('keeps raising through an outage of an hour', () => {
    const hour = Array.from({ length: 240 }, () => failing(0.9));
    const raised = timeline([failing(0.01), ...hour]);
    expect(raised.slice(1).every((signals) => signals.length === 1)).toBe(true);
  });
});
