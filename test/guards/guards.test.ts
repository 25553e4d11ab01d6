import { describe, expect, it } from 'vitest';
import type { FeasibilityRequest, ResourceCapacity } from '../../src/core/resources.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { evaluateFeasibility } from '../../src/guards/evaluate-feasibility.ts';
import { probeGuard, quotaGuard, unlimited } from '../../src/guards/guards.ts';

const signal = new AbortController().signal;
const request = (given: Partial<FeasibilityRequest> = {}): FeasibilityRequest => ({
  pool: 'a',
  from: 4,
  to: 8,
  needs: { memoryBytes: 100, cpuCores: 0.1 },
  ...given,
});
const capacity: ResourceCapacity = {
  supplies: [
    { resource: 'memory', total: 1000, used: 400, reserve: 100, by: 'quota' },
    { resource: 'cpu', total: 1, used: 0.5, by: 'quota' },
  ],
};

describe('evaluateFeasibility', () => {
  it('lets pass what fits, and tells what each resource needs and has', () => {
    expect(evaluateFeasibility(request(), capacity)).toEqual({
      feasible: true,
      request: request(),
      resources: [
        { resource: 'memory', needed: 400, available: 500, total: 1000, by: 'quota' },
        { resource: 'cpu', needed: 0.4, available: 0.5, total: 1, by: 'quota' },
      ],
    });
  });

  it.each([
    ['memory is short', request({ to: 12, needs: { memoryBytes: 100 } }), { to: 9 }, 'memory'],
    [
      'cpu is shorter, to the last tenth of a core',
      request({ to: 12, needs: { memoryBytes: 90, cpuCores: 0.1 } }),
      { to: 9 },
      'memory',
    ],
    ['cpu is short', request({ to: 12, needs: { memoryBytes: 1, cpuCores: 0.25 } }), { to: 6 }, 'cpu'],
    [
      'an emergency may use the reserve',
      request({ to: 12, needs: { memoryBytes: 100 }, emergency: true }),
      { to: 10 },
      'memory',
    ],
  ])('gives the largest size that fits where %s', (_, asked, alternative, limiting) => {
    const answer = evaluateFeasibility(asked, capacity);
    expect(answer).toMatchObject({
      feasible: false,
      limiting,
      alternative: { kind: 'fewer', ...alternative },
    });
  });

  it('proposes to optimise the present workers where not one more fits, with what that may win', () => {
    const asked = request({ needs: { memoryBytes: 600 }, expectedGainRatio: 0.2 });
    expect(evaluateFeasibility(asked, capacity)).toMatchObject({
      feasible: false,
      limiting: 'memory',
      alternative: { kind: 'optimize', resource: 'memory', expectedGain: 480 }, // 4 × 600 × 0.2
      reason: expect.stringContaining('none fits'),
    });
    const blind = evaluateFeasibility(request({ needs: { memoryBytes: 600 } }), capacity);
    expect(blind).toMatchObject({ alternative: { kind: 'optimize', resource: 'memory' } });
    expect(blind).not.toHaveProperty('alternative.expectedGain');
  });

  it('counts a scale-down as giving back, even where all is taken', () => {
    const full: ResourceCapacity = { supplies: [{ resource: 'memory', total: 100, used: 400, by: 'quota' }] };
    expect(evaluateFeasibility(request({ to: 1 }), full)).toMatchObject({
      feasible: true,
      resources: [{ resource: 'memory', needed: -300, available: 0 }],
    });
  });

  it('does not judge what it does not know', () => {
    expect(evaluateFeasibility(request({ needs: {}, to: 1000 }), capacity)).toMatchObject({ feasible: true });
  });
});

describe('quotaGuard', () => {
  it('has what it is given, in whole workers of reserve', () => {
    const guard = quotaGuard({ maxTotalWorkers: 15, maxCpuCores: 4, emergencyReserveRatio: 0.25 });
    expect(guard.sense(signal)).toEqual({
      supplies: [
        { resource: 'workers', total: 15, reserve: 3, by: 'maxTotalWorkers' },
        { resource: 'cpu', total: 4, reserve: 1, by: 'maxCpuCores' },
      ],
    });
  });

  it('refuses limits that cannot be meant', () => {
    expect(() => quotaGuard({ maxStorageBytes: 0 })).toThrow(InvalidOptionError);
  });
});

describe('probeGuard', () => {
  it('takes what the host reports', async () => {
    const guard = probeGuard(() => ({ memory: { total: 1000, used: 300 }, network: { total: 50 } }), {
      maxTotalWorkers: 3,
    });
    expect(await guard.sense(signal)).toEqual({
      supplies: [
        { resource: 'memory', total: 1000, used: 300, reserve: 100, by: 'probe' },
        { resource: 'network', total: 50, reserve: 5, by: 'probe' },
        { resource: 'workers', total: 3, reserve: 0, by: 'maxTotalWorkers' },
      ],
    });
  });

  it.each([[Number.NaN], [-1], ['1 GB']])('fails on a total of %s', async (total) => {
    const guard = probeGuard(() => ({ memory: { total: total as number } }));
    await expect(Promise.resolve(guard.sense(signal))).rejects.toThrow('memory');
  });
});

describe('unlimited', () => {
  it('lets everything pass', async () => {
    const nothing = await unlimited.sense(signal);
    expect(unlimited.judge(request({ to: 1_000_000 }), nothing)).toMatchObject({ feasible: true });
  });
});
