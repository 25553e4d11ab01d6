import { afterEach, describe, expect, it } from 'vitest';
import type { LoadSample } from '../../src/core/forecast.ts';
import type { HistoryStore } from '../../src/history-store/history-store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
export const START: number = Date.UTC(2026, 0, 5);

/** A sample a minute; the demand is its number. */
export function minutes(from: number, count: number): LoadSample[] {
  return Array.from({ length: count }, (_, i) => ({ at: START + (from + i) * MINUTE_MS, demand: from + i }));
}

export const demands = (samples: readonly LoadSample[]): number[] => samples.map((sample) => sample.demand);

/**
 * What every `HistoryStore` must do.
 *
 * @param create makes an empty one that gives up what is older than three days
 */
export function describeHistoryStore(name: string, create: () => HistoryStore | Promise<HistoryStore>): void {
  describe(`${name}, as a history`, () => {
    const opened: HistoryStore[] = [];
    const open = async (): Promise<HistoryStore> => {
      const store = await create();
      opened.push(store);
      return store;
    };
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });

    it('gives back what it was given', async () => {
      const store = await open();
      const sample: LoadSample = {
        at: START,
        demand: 1.5,
        noise: 0.1,
        utilization: 0.7,
        queued: 3,
        responseTimeMs: 12.25,
        errorRatio: 0,
        arrivalsPerSecond: 1 / 3,
        context: { lag: 2, 'of "Ärger"': -1e-9 },
      };
      await store.append('a', [sample]);
      await store.append('a', minutes(1, 2));
      expect(await store.read('a')).toEqual([sample, ...minutes(1, 2)]);
    });

    it('keeps pools apart, whatever their names are', async () => {
      const store = await open();
      const pools = ['a', 'A', 'b/c.d *', "it's", '%', 'a%', '日本', '..', 'x"y'];
      for (const [i, pool] of pools.entries()) await store.append(pool, minutes(i, 1));
      for (const [i, pool] of pools.entries()) expect(await store.read(pool)).toEqual(minutes(i, 1));
      expect((await store.pools()).sort()).toEqual([...pools].sort());
    });

    it('is empty where nothing was kept', async () => {
      const store = await open();
      await store.append('b', []);
      expect(await store.read('a')).toEqual([]);
      expect(await store.pools()).toEqual([]);
    });

    it('reads a stretch of time, both ends included', async () => {
      const store = await open();
      await store.append('a', minutes(0, 2000));
      const at = (minute: number): number => START + minute * MINUTE_MS;
      expect(demands(await store.read('a', { from: at(1439), to: at(1441) }))).toEqual([1439, 1440, 1441]);
      expect(demands(await store.read('a', { from: at(1998) }))).toEqual([1998, 1999]);
      expect(demands(await store.read('a', { to: at(1) }))).toEqual([0, 1]);
      expect(await store.read('a', { from: at(5000) })).toEqual([]);
    });

    it('takes what several append at once', async () => {
      const store = await open();
      const pools = Array.from({ length: 30 }, (_, i) => `pool-${i}`);
      await Promise.all(
        pools.flatMap((pool) => [store.append(pool, minutes(0, 40)), store.append(pool, minutes(40, 7))]),
      );
      for (const pool of pools) expect(await store.read(pool)).toEqual(minutes(0, 47));
    });

    it('gives up what is older than the retention', async () => {
      const store = await open();
      for (let day = 0; day < 8; day++) await store.append('a', [{ at: START + day * DAY_MS, demand: day }]);
      expect(demands(await store.read('a'))).toEqual([4, 5, 6, 7]);
    });

    it('counts the retention from the newest sample of each pool', async () => {
      const store = await open();
      await store.append('old', minutes(0, 2));
      for (let day = 0; day < 8; day++) await store.append('a', [{ at: START + day * DAY_MS, demand: day }]);
      expect(await store.read('old')).toHaveLength(2);
    });

    it('may be closed twice', async () => {
      const store = await open();
      await store.append('a', minutes(0, 1));
      await store.close();
      await store.close();
    });
  });
}
