import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  betaOf,
  erlangB,
  erlangC,
  fewestServers,
  lateRatio,
  meanWaitMs,
  variationFactor,
  waitRatioOf,
} from '../../src/policies/erlang.ts';

describe('Erlang B', () => {
  // The common traffic tables: load in erlangs that a number of lines carries at a blocking probability.
  it.each([
    { servers: 5, load: 1.3608, blocked: 0.01 },
    { servers: 10, load: 4.4612, blocked: 0.01 },
    { servers: 20, load: 13.182, blocked: 0.02 },
    { servers: 100, load: 84.064, blocked: 0.01 },
  ])('$servers lines block $blocked of $load erlangs', ({ servers, load, blocked }) => {
    expect(erlangB(servers, load)).toBeCloseTo(blocked, 4);
  });
});

describe('Erlang C', () => {
  it.each([
    // Textbook closed forms: M/M/1 waits with ρ, M/M/2 with 2ρ² / (1 + ρ).
    { servers: 1, load: 0.5, waits: 0.5 },
    { servers: 2, load: 1, waits: 1 / 3 },
    { servers: 2, load: 1.5, waits: 9 / 14 },
    // Erlang C table: 8 channels carry 3.87 erlangs at 5%, 10 carry 4.08 at 1%.
    { servers: 8, load: 3.87, waits: 0.05 },
    { servers: 10, load: 4.08, waits: 0.01 },
    // The usual call-centre example: 100 calls of 3 min in 30 min, 14 agents.
    { servers: 14, load: 10, waits: 0.174 },
    // Mitan's worked example: 360 calls of 4 min in 30 min, 55 agents.
    { servers: 55, load: 48, waits: 0.239 },
  ])('$servers servers let $waits of $load erlangs wait', ({ servers, load, waits }) => {
    expect(erlangC(servers, load)).toBeCloseTo(waits, 3);
  });

  it('lets all wait where the load is not below the servers, and none without load', () => {
    expect(erlangC(4, 4)).toBe(1);
    expect(erlangC(4, 9)).toBe(1);
    expect(erlangC(4, 0)).toBe(0);
    expect(erlangC(0, 0)).toBe(1);
  });

  it('agrees with Halfin and Whitt for thousands of servers', () => {
    for (const load of [1_000, 10_000, 100_000]) {
      const servers = Math.ceil(load + Math.sqrt(load));
      const beta = (servers - load) / Math.sqrt(servers);
      expect(erlangC(servers, load)).toBeCloseTo(waitRatioOf(beta), 2);
    }
  });

  it('stays finite where B vanishes', () => {
    expect(erlangC(5_000, 1)).toBe(0);
    expect(erlangC(100_000, 99_990)).toBeGreaterThan(0.9);
  });

  it('falls with servers, rises with load, and is a probability', () => {
    const servers = fc.integer({ min: 1, max: 3_000 });
    const load = fc.double({ min: 0, max: 3_000, noNaN: true });
    fc.assert(
      fc.property(servers, load, fc.double({ min: 0, max: 100, noNaN: true }), (n, a, more) => {
        const waits = erlangC(n, a);
        expect(waits).toBeGreaterThanOrEqual(0);
        expect(waits).toBeLessThanOrEqual(1);
        expect(erlangC(n + 1, a)).toBeLessThanOrEqual(waits * (1 + 1e-9));
        expect(erlangC(n, a + more)).toBeGreaterThanOrEqual(waits * (1 - 1e-9));
      }),
    );
  });
});

describe('waiting times', () => {
  const callCentre = { servers: 14, load: 10, serviceTimeMs: 180_000 };
  const mitan = { servers: 55, load: 48, serviceTimeMs: 240_000 };

  it('answers 88.8% of the calls of 14 agents within 20 s, after 7.8 s on average', () => {
    expect(1 - lateRatio(callCentre, 20_000)).toBeCloseTo(0.888, 3);
    expect(meanWaitMs(callCentre) / 1000).toBeCloseTo(7.8, 1);
  });

  it('answers 84.6% of the calls of 55 agents within 15 s, after 8.2 s on average', () => {
    expect(1 - lateRatio(mitan, 15_000)).toBeCloseTo(0.846, 3);
    expect(meanWaitMs(mitan) / 1000).toBeCloseTo(8.2, 1);
  });

  it('is exact for M/G/1: Pollaczek and Khinchin’s mean', () => {
    // ρ = 0.8, S = 100 ms, constant service: ρ S / (2 (1 - ρ)) = 200 ms.
    const constant = { servers: 1, load: 0.8, serviceTimeMs: 100, variation: variationFactor(1, 0) };
    expect(meanWaitMs(constant)).toBeCloseTo(200, 6);
  });

  it('grows with the variation of arrivals and service', () => {
    const smooth = { ...callCentre, variation: 0.5 };
    const bursty = { ...callCentre, variation: 4 };
    expect(meanWaitMs(smooth)).toBeCloseTo(meanWaitMs(callCentre) / 2, 6);
    expect(meanWaitMs(bursty)).toBeCloseTo(meanWaitMs(callCentre) * 4, 6);
    expect(lateRatio(smooth, 20_000)).toBeLessThan(lateRatio(callCentre, 20_000));
    expect(lateRatio(bursty, 20_000)).toBeGreaterThan(lateRatio(callCentre, 20_000));
  });

  it('is endless where the load is not below the servers', () => {
    expect(meanWaitMs({ servers: 4, load: 4, serviceTimeMs: 100 })).toBe(Number.POSITIVE_INFINITY);
    expect(lateRatio({ servers: 4, load: 5, serviceTimeMs: 100 }, 60_000)).toBe(1);
  });
});

describe('variationFactor', () => {
  it.each([
    { arrivals: undefined, service: undefined, factor: 1 },
    { arrivals: 1, service: 0, factor: 0.5 },
    { arrivals: 4, service: undefined, factor: 2.5 },
    { arrivals: 0, service: 0, factor: 0.1 },
    { arrivals: 9_000, service: 1, factor: 25 },
  ])('of arrivals $arrivals and service $service is $factor', ({ arrivals, service, factor }) => {
    expect(variationFactor(arrivals, service)).toBe(factor);
  });
});

describe('fewestServers', () => {
  it('gives the first count that suffices', () => {
    expect(fewestServers(10, (_, waits) => waits <= 0.2)).toBe(14);
    expect(fewestServers(10, () => true)).toBe(11);
    expect(fewestServers(0, () => false)).toBe(0);
  });

  it('asks with the same Erlang C that erlangC gives', () => {
    for (const load of [0.01, 0.7, 3, 47.3, 812.5, 4_000]) {
      fewestServers(load, (servers, waits) => {
        expect(waits).toBeCloseTo(erlangC(servers, load), 10);
        return servers > load + 3 * Math.sqrt(load);
      });
    }
  });

  it('gives NaN for a load that is no number, for the engine to refuse', () => {
    expect(fewestServers(Number.NaN, () => true)).toBeNaN();
  });
});

describe('square-root staffing', () => {
  // Halfin and Whitt 1981.
  it.each([
    { beta: 0, waits: 1 },
    { beta: 0.5, waits: 0.505 },
    { beta: 1, waits: 0.223 },
    { beta: 2, waits: 0.027 },
  ])('with β = $beta lets $waits wait', ({ beta, waits }) => {
    expect(waitRatioOf(beta)).toBeCloseTo(waits, 3);
  });

  it('finds the β of a share', () => {
    for (const share of [0.001, 0.05, 0.2, 0.5, 0.99])
      expect(waitRatioOf(betaOf(share))).toBeCloseTo(share, 6);
  });
});
