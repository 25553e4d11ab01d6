import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import type { TrialEvent } from '../../src/events.ts';
import type { PoolOptions } from '../../src/options.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { steady } from '../../src/testing/workloads.ts';
import { watched } from '../telemetry/watched.ts';

const always = (size: number): Policy => ({
  name: `always-${size}`,
  propose: () => ({ kind: 'target', size, reason: `always ${size}` }),
});

const MINUTE_MS = 60_000;

/** 8 workers' worth of steady load, and a policy that always wants 10. */
function setUp(shadows: PoolOptions['shadows'], pool: Partial<PoolOptions> = {}) {
  const bench = watched({ policy: always(10), shadows, ...pool } as Partial<PoolOptions>, {}, steady(8));
  const trials: TrialEvent[] = [];
  bench.controller.on('trial', (event) => trials.push(event));
  const status = () => {
    const [pool] = bench.controller.status().pools;
    return pool as NonNullable<typeof pool>;
  };
  return { ...bench, trials, status };
}

describe('shadows', () => {
  it('decide beside the acting policy, and are not followed', async () => {
    const { controller, run, status, stop } = setUp({ large: always(30) });
    await run(10 * MINUTE_MS);
    expect(status()).toMatchObject({ size: 10, policy: 'always-10' });
    const record = await controller.tick();
    expect(record.pools[0]).toMatchObject({
      decision: { to: 10 },
      shadows: [{ name: 'large', policy: 'always-30', decision: { from: 30, to: 30, reason: 'always 30' } }],
    });
    await stop();
  });

  it('hold a size of their own, that costs and serves as it would', async () => {
    const { run, status, stop } = setUp({ large: always(30), small: always(4) });
    await run(60 * MINUTE_MS);
    const [acting, large, small] = status().shadows ?? [];
    expect(acting).toMatchObject({ name: 'always-10', acting: true, costRatio: 1, changes: 1 });
    expect(large).toMatchObject({ name: 'large', policy: 'always-30', acting: false, size: 30, changes: 1 });
    expect(large?.costRatio).toBeGreaterThan(2.8);
    // 4 of 8 workers that are needed: half of the work finds none.
    expect(small?.lateRatio).toBeGreaterThan(0.45);
    expect(small?.lateRatio).toBeLessThan(0.55);
    expect(acting?.lateRatio).toBeLessThan(0.1);
    await stop();
  });

  it('have cooldowns of their own', async () => {
    const { controller, run, stop } = setUp(
      { eager: 'aggressive', slow: 'conservative' },
      { policy: always(3) },
    );
    const ups = { eager: 0, slow: 0 };
    controller.on('tick', ({ pools }) => {
      for (const { name, decision } of pools[0]?.shadows ?? []) {
        if (decision.to > decision.from) ups[name as keyof typeof ups]++;
      }
    });
    await run(5 * MINUTE_MS);
    expect(ups.eager).toBeGreaterThan(ups.slow);
    await stop();
  });

  it('are none by default, and cost the record nothing', async () => {
    const { controller, status, stop } = setUp(undefined as never);
    const record = await controller.tick();
    expect(record.pools[0]).not.toHaveProperty('shadows');
    expect(status()).not.toHaveProperty('shadows');
    await stop();
  });

  it('a shadow that throws is a refusal in its own record, and nobody else’s business', async () => {
    const broken: Policy = {
      name: 'broken',
      propose: () => {
        throw new Error('no');
      },
    };
    const { controller, stop } = setUp({ broken });
    const record = await controller.tick();
    expect(record.pools[0]?.decision).not.toHaveProperty('refused');
    expect(record.pools[0]?.shadows?.[0]?.decision).toMatchObject({ refused: [{ by: 'broken' }] });
    await stop();
  });
});

describe('a trial', () => {
  it('lets the shadow act, and keeps it when it keeps what was agreed', async () => {
    const { controller, run, status, trials, stop } = setUp({ lean: always(9) });
    await run(10 * MINUTE_MS);
    controller.promote('embedding', 'lean', { trialMs: 30 * MINUTE_MS, maxLateRatio: 0.2 });
    expect(trials).toMatchObject([
      { outcome: 'begun', shadow: 'lean', insteadOf: 'always-10', pool: 'embedding' },
    ]);
    expect(trials[0]?.reason).toBe('lean acts in place of always-10: at most 20% late and 110% of the cost');
    await run(10 * MINUTE_MS);
    expect(status()).toMatchObject({ policy: 'always-9', size: 9 });
    expect(status().trial).toMatchObject({ shadow: 'lean', insteadOf: 'always-10', maxCostRatio: 1.1 });
    expect(status().trial?.costRatio).toBeCloseTo(0.9, 2);
    await run(21 * MINUTE_MS);
    expect(trials).toMatchObject([{}, { outcome: 'kept', shadow: 'lean', reason: 'the trial has passed' }]);
    await run(10 * MINUTE_MS);
    expect(status()).toMatchObject({ policy: 'always-9', size: 9 });
    expect(status().shadows).toMatchObject([
      { name: 'lean', acting: true },
      { name: 'always-10', acting: false, size: 10 },
    ]);
    expect(status()).not.toHaveProperty('trial');
    await stop();
  });

  it('is taken back when more of the work is late than was agreed', async () => {
    const { controller, run, status, trials, stop } = setUp({ tiny: always(5) });
    await run(10 * MINUTE_MS);
    controller.promote('embedding', 'tiny', { maxLateRatio: 0.1 });
    await run(10 * MINUTE_MS);
    expect(trials).toMatchObject([{}, { outcome: 'taken-back', shadow: 'tiny' }]);
    expect(trials[1]?.reason).toMatch(/^\d+% of the work found no ready worker, 10% was agreed$/);
    await run(5 * MINUTE_MS);
    expect(status()).toMatchObject({ policy: 'always-10', size: 10 });
    expect(status().shadows).toMatchObject([{ name: 'always-10', acting: true }, { name: 'tiny' }]);
    await stop();
  });

  it('is taken back when it costs more than was agreed', async () => {
    const { controller, run, status, trials, stop } = setUp({ large: always(20) });
    await run(10 * MINUTE_MS);
    controller.promote('embedding', 'large', { maxCostRatio: 1.5 });
    await run(15 * MINUTE_MS);
    expect(trials).toMatchObject([{}, { outcome: 'taken-back', shadow: 'large' }]);
    expect(trials[1]?.reason).toMatch(/worker-hours in place of .*: 200%, 150% was agreed$/);
    expect(status().policy).toBe('always-10');
    await stop();
  });

  it('is not held to what the policy before it has left behind', async () => {
    const { controller, run, trials, stop } = setUp({ right: always(10) }, { policy: always(3) });
    await run(20 * MINUTE_MS);
    controller.promote('embedding', 'right', { maxLateRatio: 0.2, maxCostRatio: 5, trialMs: 20 * MINUTE_MS });
    await run(25 * MINUTE_MS);
    expect(trials).toMatchObject([{}, { outcome: 'kept' }]);
    await stop();
  });

  it('is taken back by hand', async () => {
    const { controller, run, status, trials, stop } = setUp({ lean: always(9) });
    await run(MINUTE_MS);
    expect(controller.takeBack('embedding')).toBe(false);
    controller.promote('embedding', 'lean');
    expect(controller.takeBack('embedding', 'changed my mind')).toBe(true);
    expect(trials).toMatchObject([{}, { outcome: 'taken-back', reason: 'changed my mind' }]);
    expect(status().policy).toBe('always-10');
    await stop();
  });

  it('ends when the pool is given another policy', async () => {
    const { controller, run, status, trials, stop } = setUp({ lean: always(9) });
    await run(MINUTE_MS);
    controller.promote('embedding', 'lean');
    controller.reconfigure({ pools: { embedding: { policy: always(12) } } });
    expect(trials).toMatchObject([
      {},
      { outcome: 'taken-back', reason: 'the pool was given another policy' },
    ]);
    await run(5 * MINUTE_MS);
    expect(status()).toMatchObject({ policy: 'always-12', size: 12 });
    expect(status().shadows).toMatchObject([{ name: 'always-12', acting: true }, { name: 'lean' }]);
    await stop();
  });

  it('gives the policy before it a name that is free', async () => {
    const { controller, run, trials, stop } = setUp({ adaptive: 'aggressive' }, { policy: 'adaptive' });
    await run(MINUTE_MS);
    controller.promote('embedding', 'adaptive');
    expect(trials).toMatchObject([{ shadow: 'adaptive', insteadOf: 'adaptive (before)' }]);
    await stop();
  });

  it('refuses what makes no sense, and names it', async () => {
    const { controller, run, stop } = setUp({ lean: always(9), other: always(8) });
    await run(MINUTE_MS);
    const promote =
      (...rest: [string, object?]) =>
      () =>
        controller.promote('embedding', ...rest);
    expect(promote('nobody')).toThrow('shadow must name a shadow of embedding, got "nobody"');
    expect(promote('lean', { trialMs: 0 })).toThrow('trialMs must be above 0, got 0');
    expect(promote('lean', { maxLateRatio: 2 })).toThrow('maxLateRatio must be from 0 to 1, got 2');
    expect(promote('lean', { maxCostRatio: 0 })).toThrow('maxCostRatio must be above 0, got 0');
    controller.pause('embedding');
    expect(promote('lean')).toThrow(InvalidOptionError);
    controller.resume('embedding');
    controller.promote('embedding', 'lean');
    expect(promote('other')).toThrow('shadow must wait: the trial of lean still runs, got "other"');
    await stop();
    const { controller: without, stop: end } = setUp({});
    expect(() => without.promote('embedding', 'lean')).toThrow('shadow must name a shadow of embedding');
    await end();
  });
});
