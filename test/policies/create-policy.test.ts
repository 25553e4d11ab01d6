import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../src/core/forecast.ts';
import { cost } from '../../src/policies/cost.ts';
import { createPolicy, type PolicyName, type PolicyOptions } from '../../src/policies/create-policy.ts';
import { demand } from '../../src/policies/demand.ts';
import { emergency } from '../../src/policies/emergency.ts';
import { createEngine } from '../../src/policies/engine.ts';
import { latency } from '../../src/policies/latency.ts';
import { predictive } from '../../src/policies/predictive.ts';
import { queueDrain } from '../../src/policies/queue-drain.ts';
import { slo } from '../../src/policies/slo.ts';
import { targetUtilization } from '../../src/policies/target-utilization.ts';
import { thresholds } from '../../src/policies/thresholds.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';

const size = (name: PolicyName, view: ViewOptions): number =>
  createPolicy(name).engine.propose(createView(view)).size;

/** Whose voices a policy hears when everything speaks. */
function voices(policy: PolicyName | PolicyOptions): string[] {
  const { now } = createView();
  const forecast: Forecast = {
    at: now,
    horizonMs: 60_000,
    mean: 5,
    low: 3,
    lowQuantile: 0.1,
    high: 8,
    highQuantile: 0.9,
    peak: 8,
    peakAt: now + 60_000,
    confidence: 0.95,
    model: 'test',
  };
  const proposal = createPolicy(policy).engine.propose(createView({ size: 4, demand: 9, forecast }));
  return (proposal.voices ?? []).map((voice) => voice.by);
}

describe('the templates', () => {
  it.each([
    { name: 'conservative', up: 300, down: 600, predictive: false },
    { name: 'aggressive', up: 60, down: 180, predictive: true },
    { name: 'cost-optimized', up: 180, down: 300, predictive: true },
    { name: 'high-performance', up: 30, down: 120, predictive: true },
  ] as const)(
    '$name waits $up s after a scale-up and $down s before a scale-down',
    ({ name, up, down, predictive }) => {
      const policy = createPolicy(name);
      expect(policy.name).toBe(name);
      expect(policy.hold).toMatchObject({ upCooldownMs: up * 1000, downCooldownMs: down * 1000 });
      expect(policy.predictive).toBe(predictive);
      expect(voices(name).includes('predictive')).toBe(predictive);
    },
  );

  // Size 10 everywhere: the thresholds in workers, and the step behind them.
  it.each([
    { name: 'conservative', stays: [3, 8], grows: [8.1, 11], shrinks: [2.9, 9] },
    { name: 'aggressive', stays: [2, 6], grows: [6.1, 12], shrinks: [1.9, 8] },
    { name: 'high-performance', stays: [4, 5], grows: [5.1, 13], shrinks: [3.9, 8] },
  ] as const)('$name keeps its thresholds and its increment', ({ name, stays, grows, shrinks }) => {
    for (const demand of stays) expect(size(name, { size: 10, demand })).toBe(10);
    expect(size(name, { size: 10, demand: grows[0] })).toBe(grows[1]);
    expect(size(name, { size: 10, demand: shrinks[0] })).toBe(shrinks[1]);
  });

  it('cost-optimized grows late, and lets idle workers go between its thresholds', () => {
    expect(size('cost-optimized', { size: 10, demand: 9 })).toBe(10);
    expect(size('cost-optimized', { size: 10, demand: 9.1 })).toBe(11);
    expect(size('cost-optimized', { size: 10, demand: 4 })).toBe(5);
    expect(size('cost-optimized', { size: 10, demand: { fast: 4, recentPeak: 7.9 } })).toBe(10);
  });

  it('high-performance declares emergencies at 95%, of 10 workers at most, with starts of 15 s', () => {
    const policy = createPolicy('high-performance');
    expect(policy.emergency).toEqual({ threshold: 0.95, maxWorkers: 10, startTimeoutMs: 15_000 });
    const calm = policy.engine.propose(createView({ size: 20, demand: 18.9 }));
    expect(calm.emergency).toBeUndefined();
    const overrun = policy.engine.propose(createView({ size: 20, demand: 60 }));
    expect(overrun).toMatchObject({ emergency: true, emergencySize: 30 });
  });

  it('the others declare none by themselves, but hear a signal that does', () => {
    for (const name of ['conservative', 'aggressive', 'cost-optimized', 'adaptive'] as const) {
      const { engine, emergency } = createPolicy(name);
      expect(emergency).toBeUndefined();
      const view = createView({ size: 4, demand: 40 });
      expect(engine.propose(view).emergency).toBeUndefined();
      const signals = [
        {
          type: 'external',
          magnitude: 1,
          raisedAt: 0,
          expiresAt: view.now + 1,
          emergency: true,
          reason: 'alarm',
        },
      ] as const;
      expect(engine.propose({ ...view, signals }).emergency).toBe(true);
    }
  });

  it('large pools shrink by a share, small ones by the increment', () => {
    expect(createPolicy('conservative').pace).toEqual({
      down: { workers: 1, ratio: 0.25, periodMs: 600_000 },
    });
    expect(createPolicy('high-performance').pace).toEqual({
      down: { workers: 3, ratio: 0.25, periodMs: 120_000 },
    });
  });
});

describe('createPolicy', () => {
  it('is adaptive and predictive by default', () => {
    expect(createPolicy()).toMatchObject({ name: 'adaptive', predictive: true });
    expect(voices('adaptive')).toEqual(['adaptive', 'predictive']);
  });

  it('takes what differs from a template', () => {
    const policy = createPolicy('conservative', {
      scaleUpThreshold: 0.5,
      scaleUpCooldownMs: 10_000,
      name: 'mine',
    });
    expect(policy.name).toBe('mine');
    expect(policy.hold).toMatchObject({ upCooldownMs: 10_000, downCooldownMs: 600_000 });
    expect(policy.engine.propose(createView({ size: 10, demand: 5.1 })).size).toBe(11);
  });

  it('takes a template from the options', () => {
    expect(createPolicy({ template: 'aggressive' }).name).toBe('aggressive');
    expect(createPolicy({ template: 'aggressive', predictive: false }).predictive).toBe(false);
  });

  it('starts from conservative where a threshold is given and no template', () => {
    const policy = createPolicy({ scaleUpThreshold: 0.75, scaleDownThreshold: 0.4 });
    expect(policy.name).toBe('conservative');
    expect(policy.engine.propose(createView({ size: 10, demand: 3.9 })).size).toBe(9);
  });

  it('ignores fields that are undefined', () => {
    const options = { scaleUpCooldownMs: undefined, emergency: undefined } as unknown as PolicyOptions;
    expect(createPolicy('high-performance', options).hold).toEqual(createPolicy('high-performance').hold);
    expect(createPolicy('high-performance', options).emergency).toBeDefined();
  });

  it('adds rules: their voices join the template’s', () => {
    expect(voices({ template: 'conservative', policies: [slo()] })).toEqual(['thresholds', 'slo']);
  });

  it('adds a budget', () => {
    const { engine } = createPolicy('high-performance', {
      cost: { maxCostPerHour: 6, workerCostPerHour: 1 },
    });
    expect(engine.propose(createView({ size: 4, demand: 40 })).size).toBe(6);
  });

  it('adds or removes the emergency', () => {
    expect(createPolicy('conservative', { emergency: true }).emergency).toEqual({
      threshold: 0.95,
      maxWorkers: 10,
      startTimeoutMs: 15_000,
    });
    expect(createPolicy('high-performance', { emergency: { maxWorkers: 3 } }).emergency).toMatchObject({
      threshold: 0.95,
      maxWorkers: 3,
    });
    const without = createPolicy('high-performance', { emergency: false });
    expect(without.emergency).toBeUndefined();
    expect(without.engine.propose(createView({ size: 20, demand: 60 })).emergency).toBeUndefined();
  });

  it('overrides pace and hold', () => {
    const up = { workers: 4, periodMs: 60_000 };
    const policy = createPolicy('conservative', {
      pace: { up },
      hold: { reversalsPerHour: Number.POSITIVE_INFINITY },
    });
    expect(policy.pace).toMatchObject({ up, down: { workers: 1 } });
    expect(policy.hold).toMatchObject({
      reversalsPerHour: Number.POSITIVE_INFINITY,
      downCooldownMs: 600_000,
    });
  });

  it('lets nothing wait where the cooldowns are 0', () => {
    const policy = createPolicy('conservative', { scaleUpCooldownMs: 0, scaleDownCooldownMs: 0 });
    expect(policy.pace).toEqual({});
    expect(policy.hold).toMatchObject({ upCooldownMs: 0, downCooldownMs: 0, downStabilizationMs: 0 });
  });

  it('lets another engine combine the voices', () => {
    const cautious = createPolicy('conservative', {
      engine: (policies) => {
        const ordinary = createEngine(policies);
        return { propose: (view) => ({ ...ordinary.propose(view), size: 3 }) };
      },
    });
    expect(cautious.engine.propose(createView({ size: 4, demand: 40 })).size).toBe(3);
  });

  it.each([
    { options: { template: 'fast' }, field: 'template' },
    { options: { template: 'toString' }, field: 'template' },
    { options: { scaleUpTreshold: 0.7 }, field: 'scaleUpTreshold' },
    { options: { adaptive: { waitMS: 500 } }, field: 'adaptive.waitMS' },
    { options: { emergency: { workers: 3 } }, field: 'emergency.workers' },
    { options: { hold: { upCooldown: 3 } }, field: 'hold.upCooldown' },
    { options: { pace: { donw: {} } }, field: 'pace.donw' },
    { options: { template: 'adaptive', scalingIncrement: 2 }, field: 'scalingIncrement' },
    { options: { template: 'conservative', adaptive: {} }, field: 'adaptive' },
    { options: { scaleUpThreshold: 0.2 }, field: 'scaleDownThreshold' },
    { options: { scaleUpCooldownMs: -1 }, field: 'scaleUpCooldownMs' },
    { options: { emergency: { threshold: 0 } }, field: 'emergency.threshold' },
    { options: { emergency: { startTimeoutMs: 0 } }, field: 'emergency.startTimeoutMs' },
    { options: { hold: { upToleranceRatio: 2 } }, field: 'hold.upToleranceRatio' },
    { options: { hold: { reversalsPerHour: 0 } }, field: 'hold.reversalsPerHour' },
    { options: { pace: { up: { workers: 2 } } }, field: 'pace.up.periodMs' },
    { options: { pace: { down: { workers: 0, periodMs: 1 } } }, field: 'pace.down.workers' },
    { options: { policies: [{}] }, field: 'policies[0]' },
    { options: { cost: { maxCostPerHour: 1, workerCostPerHour: -1 } }, field: 'workerCostPerHour' },
  ])('refuses $options, naming $field', ({ options, field }) => {
    expect(() => createPolicy(options as never)).toThrow(
      expect.objectContaining({ name: 'InvalidOptionError', field }),
    );
  });
});

describe('a misspelt option', () => {
  it('is named with its value, and not ignored', () => {
    expect(() => createPolicy('aggressive', { scaleUpTreshold: 0.5 } as never)).toThrow(
      /^scaleUpTreshold is not an option \(.*scaleUpThreshold.*\), got 0\.5$/,
    );
  });

  it.each<[string, (options: never) => unknown]>([
    ['cost', cost],
    ['demand', demand],
    ['emergency', emergency],
    ['latency', latency],
    ['predictive', predictive],
    ['queueDrain', queueDrain],
    ['slo', slo],
    ['targetUtilization', targetUtilization],
    ['thresholds', thresholds],
  ])('is refused by %s', (_, make) => {
    expect(() => make({ waitMS: 500 } as never)).toThrow(
      expect.objectContaining({ name: 'InvalidOptionError', field: 'waitMS' }),
    );
  });
});
