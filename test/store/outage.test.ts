import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/events.ts';
import { recordHistory } from '../../src/history-store/record-history.ts';
import type { SqlStore } from '../../src/store/sql-store.ts';
import { watched } from '../telemetry/watched.ts';
import { postgres } from './databases.ts';
import { all, emptyRecord } from './journal-contract.ts';

const database = postgres();

/** A controller that keeps all it does in a store, and the faults that it tells. */
function kept(store: SqlStore) {
  const { controller, run: runFor, stop: stopController } = watched({}, { journal: store.journal });
  const faults: Fault[] = [];
  controller.on('fault', (fault) => faults.push(fault));
  const stopHistory = recordHistory(controller, store.history);
  let ticks = 0;
  return {
    controller,
    faults,
    /** Its time is the virtual clock's: a tick that waited for the database would not be over. */
    run: async (count: number, pauseMs = 0): Promise<number> => {
      for (let i = 0; i < count; i++) {
        await runFor(15_000);
        ticks++;
        if (pauseMs > 0) await sleep(pauseMs);
      }
      return ticks;
    },
    stop: async (): Promise<void> => {
      await stopHistory();
      await stopController();
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo() && waited < 10_000; waited += 10) await sleep(10);
  expect(isSo()).toBe(true);
}

const told = (faults: readonly Fault[]): string[] =>
  faults.map(({ source, recovered }) => `${source}${recovered ? ' over' : ''}`).sort();

describe.skipIf(database.isMissing)('while PostgreSQL', () => {
  beforeAll(() => database.start());
  afterEach(() => database.server.thaw());
  afterAll(() => database.stop());

  it('is away: ticks go on, each fault is told once, nothing is lost', async () => {
    const store = await database.open('away');
    const { faults, run, stop } = kept(store);
    await run(30, 1);
    const written = run(8);
    await database.server.goAway(); // in the middle of it
    await written;
    await run(6, 1);
    await until(() => faults.length >= 2);
    await run(2, 50);
    expect(told(faults)).toEqual(['history', 'journal']);
    expect(faults.find(({ source }) => source === 'journal')?.message).toMatch(
      / \(records that wait in memory: \d+\)$/,
    );

    await database.server.comeBack();
    const ticks = await run(8, 20);
    await until(() => faults.length >= 4);
    expect(told(faults)).toEqual(['history', 'history over', 'journal', 'journal over']);
    await stop();
    expect(await all(store.journal.read())).toHaveLength(ticks);
    const minutes = (await store.history.read('embedding')).map(({ at }) => Math.floor(at / 60_000));
    expect(minutes).toEqual(minutes.map((_, i) => (minutes[0] as number) + i));
    expect(minutes.length).toBeGreaterThanOrEqual(ticks / 4);
    await store.close();
  });

  it('is away for long: what waits is bounded, and of the oldest records what changed a size is left', async () => {
    const store = await database.open('long', { maxBuffered: 40 });
    const { controller, faults, run, stop } = kept(store);
    const sizes: number[] = [];
    controller.on('scaled', ({ to }) => sizes.push(to));
    await run(4, 20);
    await database.server.goAway();
    await run(200, 1);
    await until(() => faults.length > 0);
    // Again every five minutes, and never less than that.
    const journal = faults.filter(({ source }) => source === 'journal');
    expect(journal.length).toBeLessThanOrEqual(11);
    expect(journal.at(-1)?.message).toMatch(
      /\(records that wait in memory: (3\d|40), thinned to what changed: \d+\)$/,
    );
    await database.server.comeBack();
    await run(4, 30);
    await stop();
    const records = await all(store.journal.read());
    expect(records.length).toBeLessThan(60);
    const decisions = records.flatMap(({ pools }) => pools.map(({ decision }) => decision));
    expect(decisions.filter(({ from, to }) => from !== to).map(({ to }) => to)).toEqual(sizes);
    // The last ones are whole.
    expect(records.slice(-20).map(({ pools }) => pools.length)).toEqual(Array(20).fill(1));
    await store.close();
  });

  it('is frozen: calls end in time, then at once; all is written when it thaws', async () => {
    const store = await database.open('frozen', { timeoutMs: 400 });
    const { faults, run, stop } = kept(store);
    await run(5, 5);
    database.server.freeze();
    await run(3);
    await until(() => faults.length > 0);
    expect(faults[0]?.message).toMatch(/^a statement did not settle within 400 ms/);
    await expect(store.state.read('key')).rejects.toThrow(/did not settle|statements hang/);
    await expect(store.state.read('key')).rejects.toThrow(
      /^the database does not answer: \d statements hang$/,
    );
    await expect(store.journal.flush?.()).rejects.toThrow(/\d statements hang/);
    database.server.thaw();
    await expect.poll(() => store.state.read('key').catch(() => 'away')).toBe(undefined);
    await run(1);
    await stop();
    expect(await all(store.journal.read())).toHaveLength(9);
    await store.close();
  });

  it('is frozen: close() ends, and says what could not be written', async () => {
    const store = await database.open('closing', { timeoutMs: 400 });
    database.server.freeze();
    const kept = [store.journal.append(emptyRecord(1)), store.history.append('a', [{ at: 1, demand: 1 }])];
    const settled = Promise.allSettled(kept);
    await expect(store.close()).rejects.toThrow(/records that wait in memory: 1\)/);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(store.journal.append(emptyRecord(2))).rejects.toThrow('closed');
    database.server.thaw();
  });

  it('holds a lock on a table: a write ends in time, and is there once the lock is gone', async () => {
    const store = await database.open('locked', { timeoutMs: 400 });
    const other = new Client(database.server.url);
    await other.connect();
    await other.query('begin; lock table locked.flyball_samples');
    await expect(store.history.append('a', [{ at: 1, demand: 1 }])).rejects.toThrow('did not settle');
    await other.query('commit');
    await other.end();
    await store.history.append('a', [{ at: 1, demand: 1 }]);
    expect(await store.history.read('a')).toEqual([{ at: 1, demand: 1 }]);
    await store.close();
  });

  it('is not there at the start, or does not answer: it says so', async () => {
    database.server.freeze();
    await expect(database.open('frozen-start', { timeoutMs: 400 })).rejects.toThrow(
      'did not settle within 400 ms',
    );
    await database.server.goAway();
    await expect(database.open('never')).rejects.toThrow(/ECONNREFUSED/);
    await database.server.comeBack();
  });
});
