import { describe, expect, test, vi } from 'vitest';
import type { LoadPredictor } from '../../src/core/model.ts';
import { createPredictor } from '../../src/predictors/predictor.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { type Learned, savedPredictor } from '../../src/shared-state/pool-documents.ts';
import { memoryState } from '../../src/state-store/memory-state.ts';
import type { StateStore } from '../../src/state-store/state-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { HandPool } from '../hand-pool.ts';
import { HandStore } from './instances.ts';

const HOUR = 3_600_000;
const LEARNED = 'pool/web';

/** A single instance, driven by hand, whose load is high in every other quarter of an hour. */
function instance(clock: VirtualClock, state: StateStore, options: { predictor?: LoadPredictor } = {}) {
  const pool = new HandPool();
  const controller = new ScalingController({
    pools: [{ id: 'web', adapter: pool, maxWorkers: 10, mode: 'recommend' }],
    clock,
    state,
    ...options,
  });
  const tick = async () => {
    const busy = Math.floor(clock.now() / (HOUR / 4)) % 2 === 0 ? 2 : 6;
    pool.state = { ready: 8, busy, queued: 0 };
    const { pools } = await controller.tick();
    await clock.advance(60_000);
    return pools[0]?.view.forecast;
  };
  const run = async (ms: number) => {
    let forecast = await tick();
    for (let passed = 60_000; passed < ms; passed += 60_000) forecast = await tick();
    return forecast;
  };
  const faults = vi.fn();
  controller.on('fault', ({ source, message, recovered }) => faults(source, message, recovered));
  return { controller, tick, run, faults };
}

describe('a single instance that is restarted', () => {
  test('forecasts at once as it did before', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    const first = instance(clock, state);
    await first.run(4.1 * HOUR);
    await first.controller.stop();
    const after = await instance(clock, state).tick();
    const unbroken = instance(new VirtualClock(), memoryState());
    await unbroken.run(4.1 * HOUR);
    const expected = await unbroken.tick();
    expect(expected?.confidence).toBeGreaterThan(0.8);
    for (const figure of ['mean', 'high', 'spread', 'confidence'] as const) {
      expect(Number(after?.[figure]) / Number(expected?.[figure])).toBeCloseTo(1, 1);
    }
    const forgetful = await instance(clock, memoryState()).tick();
    expect(forgetful?.confidence).toBe(0);
  });

  test('goes on rehearsing where it was', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    const rehearsedMs = async (): Promise<number> => {
      const kept = (await state.read(LEARNED))?.value as Learned;
      return kept.rehearsal?.seenMs ?? 0;
    };
    const first = instance(clock, state);
    await first.run(3 * HOUR);
    await first.controller.stop();
    const before = await rehearsedMs();
    expect(before).toBeGreaterThan(2.9 * HOUR);
    const second = instance(clock, state);
    await second.run(HOUR);
    await second.controller.stop();
    expect(await rehearsedMs()).toBeGreaterThan(before + 0.9 * HOUR);
  });

  test('has lost at most a slow interval when it was killed', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    await instance(clock, state).run(3 * HOUR);
    const { value } = (await state.read(LEARNED)) as { value: { at: number } };
    expect(clock.now() - value.at).toBeLessThanOrEqual(6 * 60_000);
    const after = await instance(clock, state).tick();
    expect(after?.confidence).toBeGreaterThan(0.8);
  });

  test('takes over what comes late only where it has seen less itself', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    const first = instance(clock, state);
    await first.run(2 * HOUR);
    await first.controller.stop();
    const store = new HandStore(state);
    store.before = () => Promise.reject(new Error('away'));
    const second = instance(clock, store);
    expect(await second.run(HOUR)).toMatchObject({ confidence: expect.closeTo(0.85, 1) });
    store.before = () => {};
    await second.run(10 * 60_000);
    await second.controller.stop();
    const { value } = (await state.read(LEARNED)) as { value: { predictor: { samples: number } } };
    // Of two hours before it, and since the store is back.
    expect(value.predictor.samples).toBeGreaterThan(120);
  });

  test('leaves a predictor alone that its host has trained', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    const first = instance(clock, state);
    await first.run(HOUR);
    await first.controller.stop();
    const predictor = createPredictor();
    predictor.train([{ at: clock.now() - 1_000, demand: 3 }]);
    const restore = vi.spyOn(predictor, 'restore');
    await instance(clock, state, { predictor }).run(HOUR);
    expect(restore).not.toHaveBeenCalled();
  });

  test('ignores what another kind of predictor has learned', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    const first = instance(clock, state);
    await first.run(HOUR);
    await first.controller.stop();
    const restore = vi.fn();
    const other = instance(clock, state, {
      predictor: { name: 'other', observe() {}, forecast: () => undefined, save: () => ({ a: 1 }), restore },
    });
    await other.run(HOUR);
    expect(restore).not.toHaveBeenCalled();
    expect(other.faults).not.toHaveBeenCalled();
    const { value } = (await state.read(LEARNED)) as { value: { predictor: { name: string } } };
    expect(value.predictor.name).toBe('other');
  });

  test('learns anew where an older version of the predictor has left its state', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    const predictor = savedPredictor('ensemble', 5_000, { version: 0 });
    await state.replace(LEARNED, { version: 1, term: 0, at: 0, startupsMs: [], predictor }, 0);
    const { controller, run, faults } = instance(clock, state);
    await run(10 * 60_000);
    await controller.stop();
    expect(await state.read(LEARNED)).toMatchObject({ value: { predictor: { samples: 10 } } });
    expect(faults).not.toHaveBeenCalled();
  });

  test('goes on without a predictor that can neither tell what it knows nor take it', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    const predictor: LoadPredictor = {
      name: 'stubborn',
      observe() {},
      forecast: () => undefined,
      save: () => ({ a: 1 }),
      restore: () => {
        throw new Error('no idea');
      },
    };
    const first = instance(clock, state, { predictor });
    await first.run(HOUR);
    await first.controller.stop();
    const second = instance(clock, state, { predictor });
    await second.tick();
    expect(second.faults).toHaveBeenCalledWith('predictor', 'restore(): no idea', undefined);
    const mute = instance(clock, state, {
      predictor: { ...predictor, save: () => JSON.parse('{'), restore() {} },
    });
    await mute.run(HOUR);
    expect(mute.faults).toHaveBeenCalledWith('predictor', expect.stringMatching(/^save\(\): /), undefined);
  });
});

describe('a document that is not what it should be', () => {
  test.each<[string, unknown, RegExp]>([
    ['broken', { version: 1, startupsMs: 'many' }, /what web has learned is not readable/],
    ['nothing', null, /what web has learned is not readable/],
    ['of another format', { version: 9 }, /what web has learned is of format 9/],
  ])('%s: is told once, and not believed', async (_, document, complaint) => {
    const clock = new VirtualClock();
    const state = memoryState();
    await state.replace(LEARNED, document, 0);
    const { controller, run, faults } = instance(clock, state);
    await run(4 * 60_000);
    expect(faults.mock.calls).toEqual([['state', expect.stringMatching(complaint), undefined]]);
    await run(HOUR);
    await controller.stop();
    const isForeign = (document as { version?: number } | null)?.version === 9;
    const kept = (await state.read(LEARNED))?.value;
    expect(kept).toMatchObject(isForeign ? { version: 9 } : { version: 1, predictor: { name: 'ensemble' } });
    expect(faults.mock.calls.some(([, , recovered]) => recovered)).toBe(!isForeign);
  });

  test('with a predictor changed by hand: is not believed either', async () => {
    const clock = new VirtualClock();
    const state = memoryState();
    const first = instance(clock, state);
    await first.run(2 * HOUR);
    await first.controller.stop();
    const { value, version } = (await state.read(LEARNED)) as { value: object; version: number };
    const text = JSON.stringify(value).replace('\\"samples\\":', '\\"amples\\":');
    await state.replace(LEARNED, JSON.parse(text), version);
    const second = instance(clock, state);
    expect(await second.tick()).toMatchObject({ confidence: 0 });
    expect(second.faults).toHaveBeenCalledWith(
      'state',
      'what web has learned was changed by hand or is damaged',
      undefined,
    );
  });
});
