import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partialReason, refuse } from '../../src/core/reading.ts';

const good = { ready: 4, busy: 2, queued: 0 };

describe('refuse', () => {
  it('takes the three numbers that every host has', () => {
    expect(refuse(good)).toBeUndefined();
  });

  it.each([
    [undefined, 'observe() must give an object, got undefined'],
    ['busy', 'observe() must give an object, got "busy"'],
    [null, 'observe() must give an object, got null'],
    [{ ...good, ready: Number.NaN }, 'ready must be a number, got NaN'],
    [{ ...good, busy: -1 }, 'busy must not be negative, got -1'],
    [{ ready: 4, busy: 2 }, 'queued must be a number, got undefined'],
    [{ ...good, ready: '4' }, 'ready must be a number, got "4"'],
    [{ ...good, ready: 2e9 }, 'ready must be at most 1000000, got 2000000000'],
    [{ ...good, queued: Number.POSITIVE_INFINITY }, 'queued must be at most 9007199254740991, got Infinity'],
    [{ ...good, completed: Number.NaN }, 'completed must be a number, got NaN'],
    [{ ...good, slotsPerWorker: 0 }, 'slotsPerWorker must be at least 1, got 0'],
    [{ ...good, workers: 3 }, 'workers must be a list, got 3'],
    [{ ...good, rateLimit: { current: -1, limit: 5 } }, 'rateLimit must not be negative, got -1 of 5'],
  ])('refuses %j naming field, rule and value', (observation, reason) => {
    expect(refuse(observation)).toBe(reason);
  });

  it('never throws, whatever an adapter gives', () => {
    fc.assert(fc.property(fc.anything(), (anything) => void refuse(anything)));
  });
});

describe('partialReason', () => {
  it.each([
    ['all is well', { ...good, completed: 10 }, { ...good, completed: 9 }, false],
    ['a total ran back: the host restarted', { ...good, completed: 3 }, { ...good, completed: 9 }, true],
    ['fewer workers answered than are ready', { ...good, reporting: 3 }, undefined, true],
    ['more are busy than there are', { ...good, busy: 9 }, undefined, true],
    ['busy counts those that drain, too', { ...good, busy: 6, draining: 2 }, undefined, false],
  ])('%s', (_, reading, before, partial) => {
    expect(partialReason(reading, before) !== undefined).toBe(partial);
  });
});
