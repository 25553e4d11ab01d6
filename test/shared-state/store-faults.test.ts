import { afterEach, describe, expect, test, vi } from 'vitest';
import { memoryState } from '../../src/state-store/memory-state.ts';
import type { StateStore } from '../../src/state-store/state-store.ts';
import { HandStore, INTERVAL_MS, Service } from './instances.ts';

const MINUTE = 60_000;
const never = (): Promise<never> => new Promise(() => {});

/** Timers of this process: none may be left. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

let service: Service | undefined;

afterEach(async () => {
  await service?.stop();
  expect(service?.clock.pending ?? 0).toBe(0);
  service = undefined;
});

const ofState = ({
  faults,
}: {
  faults: readonly { source: string; recovered?: boolean; message: string }[];
}) => faults.filter(({ source }) => source === 'state');

describe('a store that throws', () => {
  test('is told once; the loop goes on, and what is there is taken over when it is back', async () => {
    const store = new HandStore(memoryState());
    service = new Service(store);
    const other = await service.start();
    other.controller.signal({ type: 'external', pool: 'web', expectedDemand: 9, durationMs: 60 * MINUTE });
    await service.run();
    store.before = () => {
      throw new Error('away');
    };
    const late = await service.start();
    await service.elect(late);
    service.replicas.state = { ready: 1, busy: 1, queued: 2 };
    await service.run(4 * MINUTE);
    expect(late.ticks.length).toBeGreaterThanOrEqual(16);
    expect(service.replicas.asked).toEqual([3]);
    expect(late.last().view.signals).toEqual([]);
    expect(ofState(late)).toMatchObject([{ message: 'away' }]);
    expect(late.controller.status().faults).toMatchObject([{ source: 'state' }]);
    store.before = () => {};
    await service.run(2 * INTERVAL_MS);
    expect(late.last().view.signals).toMatchObject([{ expectedDemand: 9 }]);
    expect(ofState(late).at(-1)).toMatchObject({ recovered: true });
  });

  test('gets what was raised while it was away', async () => {
    const store = new HandStore(memoryState());
    service = new Service(store);
    const [first, second] = [await service.start(), await service.start()];
    store.before = () => Promise.reject(new Error('away'));
    await service.run();
    first.controller.signal({ type: 'external', pool: 'web', expectedDemand: 9 });
    await service.run(2 * MINUTE);
    expect(first.last().view.signals).toHaveLength(1);
    expect(second.last().view.signals).toEqual([]);
    store.before = () => {};
    await service.run(3 * INTERVAL_MS);
    expect(second.last().view.signals).toHaveLength(1);
  });

  test('at what pools have learned shares the rest, is told once, and keeps it when it can', async () => {
    const state = memoryState();
    const store = new HandStore(state);
    store.before = (call) =>
      call === 'replace pool/web' ? Promise.reject(new Error('too large')) : undefined;
    service = new Service(store);
    const leader = await service.start();
    await service.elect(leader);
    leader.controller.signal({ type: 'external', pool: 'web', expectedDemand: 9 });
    await service.run(20 * MINUTE);
    expect(store.calls.filter((call) => call === 'replace pool/web').length).toBeGreaterThan(2);
    expect(await state.read('shared')).toBeDefined();
    expect(new Set(ofState(leader).map(({ message }) => message))).toEqual(new Set(['too large']));
    expect(ofState(leader).some(({ recovered }) => recovered)).toBe(false);
    store.before = () => {};
    await service.run(6 * MINUTE);
    expect(ofState(leader).at(-1)).toMatchObject({ recovered: true });
    expect(await state.read('pool/web')).toMatchObject({ value: { term: 1 } });
  });

  test('is asked once an interval, however often the loop is woken', async () => {
    const store = new HandStore(memoryState());
    store.before = () => Promise.reject(new Error('away'));
    service = new Service(store);
    const first = await service.start();
    store.calls.length = 0;
    for (let i = 0; i < 20; i++) {
      first.controller.signal({ type: 'external', name: `${i}`, pool: 'web', expectedDemand: 9 });
      await service.run(INTERVAL_MS / 20);
    }
    expect(store.calls.length).toBeLessThanOrEqual(2);
  });
});

describe('a store that hangs', () => {
  test('delays the first tick by a second at most, and no other', async () => {
    const store = new HandStore(memoryState());
    store.before = never;
    service = new Service(store);
    const began = service.clock.now();
    const first = await service.start();
    await service.run(MINUTE + 1_000);
    expect(first.ticks.map(({ at }) => at - began)).toEqual([1_000, 15_000, 30_000, 45_000, 60_000]);
    expect(ofState(first)).toMatchObject([
      { message: 'read() of the state store did not settle within 5000 ms' },
    ]);
  });

  test('is not asked again before a minute has passed, since a client may keep what it is asked', async () => {
    const store = new HandStore(memoryState());
    store.before = never;
    service = new Service(store);
    await service.start();
    await service.run(9.5 * MINUTE);
    expect(store.calls.length).toBeGreaterThan(5);
    expect(store.calls.length).toBeLessThanOrEqual(10);
  });

  test('is asked again once it has answered', async () => {
    let answer = (): void => {};
    const store = new HandStore(memoryState());
    const other = new HandStore(memoryState());
    store.before = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    service = new Service(store);
    const first = await service.start();
    await service.run(MINUTE / 2);
    expect(store.calls).toHaveLength(1);
    store.before = () => {};
    answer();
    await service.run(INTERVAL_MS);
    expect(store.calls.length).toBeGreaterThan(1);
    expect(ofState(first).at(-1)).toMatchObject({ recovered: true });
    await other.close();
  });

  test('holds up no stop', async () => {
    const store = new HandStore(memoryState());
    service = new Service(store);
    const first = await service.start();
    await service.run();
    store.before = never;
    await service.run(MINUTE);
    const before = timers();
    const stopping = first.controller.stop();
    await service.run(0);
    await stopping;
    expect(timers()).toBe(before);
  });
});

describe('a store that lies', () => {
  const lies: [string, Partial<StateStore>, RegExp][] = [
    [
      'read() gives no version',
      { read: async () => ({ value: {} }) as never },
      /gave no document with a version/,
    ],
    ['read() gives null', { read: async () => null as never }, /gave no document with a version/],
    ['read() gives a text', { read: async () => 'ok' as never }, /gave no document with a version/],
    ['read() gives no promise', { read: (() => ({ value: 1, version: 1 })) as never }, /not readable/],
    [
      'read() gives a ledger that is none',
      { read: async () => ({ value: { version: 1, entries: [1, {}] }, version: 3 }) },
      /2 entries of the shared state are not readable/,
    ],
    ['replace() says nothing', { replace: async () => undefined as never }, /gave neither true nor false/],
    ['replace() always says no', { replace: async () => false }, /could not be replaced in 8 attempts/],
    [
      'replace() throws at once',
      {
        replace: () => {
          throw new Error('no');
        },
      },
      /^no$/,
    ],
  ];

  test.each(lies)('%s: hurts nobody', async (_, lie, message) => {
    service = new Service({ ...memoryState(), ...lie });
    const first = await service.start();
    await service.elect(first);
    service.replicas.state = { ready: 1, busy: 1, queued: 2 };
    await service.run(2 * MINUTE);
    expect(service.replicas.asked).toEqual([3]);
    expect(first.ticks.length).toBeGreaterThanOrEqual(8);
    expect(ofState(first)).toHaveLength(1);
    expect(ofState(first)[0]?.message).toMatch(message);
  });

  test.each<[string, string, unknown]>([
    ['a signal', 'signal ["web","host\\nexternal\\n"]', { type: 'external', expectedDemand: 'many' }],
    ['a signal of another pool', 'signal ["web","host\\nexternal\\n"]', { type: 'external', pool: 'other' }],
    ['the name of a signal', 'signal web', {}],
    ['a limit', 'signal ["cost-limit"]', { resource: 'cost', total: Number.NaN, by: 'me' }],
    ['a schedule', 'schedule sale', { name: 'sale', start: { cron: 'whenever' }, action: { atLeast: 2 } }],
    ['a schedule of another name', 'schedule sale', { name: 'other' }],
    ['nothing', 'schedule sale', null],
    ['a past', 'past web', { changes: 'many' }],
  ])('%s that makes no sense is told as long as it is there, and left out', async (_, key, value) => {
    const state = memoryState();
    const entry = { key, term: 0, at: 1, by: 'hand', until: 8e15, value };
    const sound = {
      ...entry,
      key: 'schedule night',
      value: { name: 'night', at: 0, until: 1, action: { atLeast: 1 } },
    };
    await state.replace('shared', { version: 1, entries: [entry, sound] }, 0);
    service = new Service(state);
    const first = await service.start();
    await service.run(2 * MINUTE);
    expect(first.last().view.signals).toEqual([]);
    expect(ofState(first)).toMatchObject([{ message: expect.stringContaining(key) }]);
    expect(first.controller.status().faults).toMatchObject([{ source: 'state' }]);
  });

  test('entries of a kind that is not known here are passed on', async () => {
    const state = memoryState();
    const entry = { key: 'mood web', term: 0, at: 1, by: 'hand', value: { good: true } };
    await state.replace('shared', { version: 1, entries: [entry] }, 0);
    service = new Service(state);
    const first = await service.start();
    first.controller.signal({ type: 'external', pool: 'web', expectedDemand: 9 });
    await service.run();
    const { value } = (await state.read('shared')) as { value: { entries: unknown[] } };
    expect(value.entries).toContainEqual(entry);
    expect(value.entries).toHaveLength(2);
    expect(ofState(first)).toEqual([]);
  });

  test('a ledger of another format is left as it is', async () => {
    const state = memoryState();
    await state.replace('shared', { version: 2, everything: 'else' }, 0);
    service = new Service(state);
    const first = await service.start();
    first.controller.signal({ type: 'external', pool: 'web', expectedDemand: 9 });
    await service.run(MINUTE);
    expect(await state.read('shared')).toEqual({ value: { version: 2, everything: 'else' }, version: 1 });
    expect(ofState(first)).toMatchObject([{ message: expect.stringContaining('format 2') }]);
    expect(first.last().view.signals).toHaveLength(1);
  });
});

describe('stop()', () => {
  test('keeps the last state', async () => {
    const state = memoryState();
    service = new Service(state);
    const first = await service.start();
    await service.elect(first);
    await service.run(MINUTE);
    service.replicas.state = { ready: 1, busy: 1, queued: 2 };
    await service.run();
    first.controller.signal({ type: 'external', pool: 'web', expectedDemand: 9, durationMs: 60 * MINUTE });
    await first.controller.stop();
    const { value } = (await state.read('shared')) as { value: { entries: { key: string }[] } };
    expect(value.entries.map(({ key }) => key.split(' ')[0]).sort()).toEqual(['past', 'signal']);
    expect(await state.read('pool/web')).toMatchObject({ value: { term: 1, predictor: { samples: 7 } } });
  });

  test('leaves the store open, which is its host’s', async () => {
    const state = memoryState();
    const close = vi.spyOn(state, 'close');
    service = new Service(state);
    await service.start();
    await service.stop();
    expect(close).not.toHaveBeenCalled();
  });

  test('of a controller that never ran writes and reads nothing', async () => {
    const store = new HandStore(memoryState());
    service = new Service(store);
    const { controller } = await service.start({ enabled: false });
    controller.signal({ type: 'external', pool: 'web', expectedDemand: 9 });
    await service.run(MINUTE);
    await service.stop();
    expect(store.calls).toEqual([]);
  });
});
