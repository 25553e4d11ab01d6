import { describe, expect, it } from 'vitest';
import { createView } from '../../src/testing/create-view.ts';

describe('createView', () => {
  it('derives the load from the pool', () => {
    expect(createView({ ready: 4, busy: 4, queued: 10 })).toMatchObject({
      size: 4,
      utilization: 1,
      demand: { now: 14, fast: 14, slow: 14, recentPeak: 14, backlogSeconds: 10 },
      flow: { arrivalsPerSecond: 4, serviceTimeMs: 1000, waitTimeMs: 2500, responseTimeMs: 3500 },
    });
  });

  it('derives the pool from the load', () => {
    expect(createView({ size: 4, demand: 14 })).toMatchObject({ ready: 4, busy: 4, queued: 10 });
    expect(createView({ size: 4, demand: 3 })).toMatchObject({
      ready: 4,
      busy: 3,
      queued: 0,
      utilization: 0.75,
    });
  });

  it('counts starting workers to the size and slots to the load', () => {
    expect(createView({ ready: 2, starting: 3 }).size).toBe(5);
    expect(createView({ size: 5, starting: 3 }).ready).toBe(2);
    expect(createView({ ready: 2, busy: 2, queued: 12, slotsPerWorker: 4 }).demand).toMatchObject({
      fast: 5,
      backlogSeconds: 3,
    });
  });

  it('fills what a nested part leaves out', () => {
    const view = createView({ demand: { fast: 6, slow: 3 }, pace: { sinceUpMs: 5 }, startup: { p50Ms: 1 } });
    expect(view.demand).toMatchObject({ now: 6, fast: 6, slow: 3, recentPeak: 6 });
    expect(view.pace).toEqual({
      sinceUpMs: 5,
      reversalsLastHour: 0,
      addedInPeriod: 0,
      removedInPeriod: 0,
      ineffectiveUps: 0,
    });
    expect(view.startup).toEqual({ p50Ms: 1, p90Ms: 60_000, samples: 10 });
  });

  it('keeps the flow empty for a host that reports nothing of it', () => {
    expect(createView({ flow: null }).flow).toEqual({});
  });

  it('is a pool at rest without options', () => {
    expect(createView()).toMatchObject({
      size: 4,
      ready: 4,
      busy: 2,
      queued: 0,
      quality: 'full',
      signals: [],
    });
  });
});
