import { describe, expect, it } from 'vitest';
import type { WorkerObservation } from '../../src/core/observation.ts';
import { chooseForRemoval, removalScore } from '../../src/workers/removal-score.ts';

const now = 1_000_000;
const worker = (id: string, rest: Partial<WorkerObservation> = {}): WorkerObservation => ({
  id,
  state: 'ready',
  ...rest,
});
const order = (...workers: WorkerObservation[]): string[] => chooseForRemoval(workers, workers.length, now);

describe('removalScore', () => {
  const scale = { now, oldestMs: 1000, largestBytes: 200 };
  it.each([
    ['busy, healthy, new, small', { busy: 3, startedAt: now, memoryBytes: 0 }, 0],
    ['idle', { busy: 0 }, 8],
    ['idle because nothing is said', {}, 8],
    ['busy but unhealthy', { busy: true, healthy: false }, 4],
    ['busy and the oldest', { busy: 1, startedAt: now - 1000 }, 2],
    ['busy and half as old as the oldest', { busy: 1, startedAt: now - 500 }, 1],
    ['busy and the largest', { busy: 1, memoryBytes: 200 }, 1],
    ['all of it', { busy: false, healthy: false, startedAt: now - 1000, memoryBytes: 200 }, 15],
    ['started in the future, by a clock that was set back', { busy: 1, startedAt: now + 1000 }, 0],
  ])('%s', (_, rest, score) => {
    expect(removalScore(worker('w', rest), scale)).toBe(score);
  });
});

describe('chooseForRemoval', () => {
  it('takes idle workers before busy ones, whatever else they are', () => {
    const busy = worker('busy', { busy: 1, healthy: false, startedAt: 0, memoryBytes: 9e9 });
    expect(order(busy, worker('idle', { busy: 0, startedAt: now }))).toEqual(['idle', 'busy']);
  });

  it('takes unhealthy workers before older and larger ones', () => {
    const old = worker('old', { startedAt: 0, memoryBytes: 9e9 });
    expect(order(old, worker('sick', { healthy: false, startedAt: now }))).toEqual(['sick', 'old']);
  });

  it('takes the older, and among equally old ones the larger', () => {
    const young = worker('young', { startedAt: now - 10, memoryBytes: 100 });
    const old = worker('old', { startedAt: now - 1000, memoryBytes: 50 });
    const oldAndLarge = worker('old and large', { startedAt: now - 1000, memoryBytes: 100 });
    expect(order(young, old, oldAndLarge)).toEqual(['old and large', 'old', 'young']);
  });

  it('keeps the order of the list among equals, and takes as many as asked for', () => {
    expect(chooseForRemoval([worker('a'), worker('b'), worker('c')], 2, now)).toEqual(['a', 'b']);
  });
});
