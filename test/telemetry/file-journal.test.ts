import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TickRecord } from '../../src/core/model.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import type { Fault } from '../../src/events.ts';
import { fileJournal } from '../../src/telemetry/file-journal.ts';
import { memoryJournal } from '../../src/telemetry/memory-journal.ts';
import { watched } from './watched.ts';

const record = (at: number, pools: TickRecord['pools'] = []): TickRecord => ({
  version: 1,
  at,
  trigger: 'interval',
  pools,
});

async function all(records: AsyncIterable<TickRecord>): Promise<TickRecord[]> {
  const read: TickRecord[] = [];
  for await (const each of records) read.push(each);
  return read;
}

const times = async (records: AsyncIterable<TickRecord>): Promise<number[]> =>
  (await all(records)).map(({ at }) => at);

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flyball-journal-'));
  path = join(folder, 'logs', 'scaling.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a journal in a file', () => {
  it('keeps what a controller did, byte for byte', async () => {
    const memory = memoryJournal();
    const file = fileJournal(path);
    const { controller, run, stop } = watched({ shadows: { calm: 'conservative' } }, { journal: file });
    controller.on('tick', (tick) => memory.append(tick));
    await run(40 * 15_000);
    await stop();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBe(40);
    expect(lines.every((line, index) => line === JSON.stringify(memory.records[index]))).toBe(true);
    expect(await all(file.read())).toEqual(memory.records);
  });

  it('reads a range, both ends included', async () => {
    const journal = fileJournal(path);
    for (let at = 1; at <= 5; at++) await journal.append(record(at));
    expect(await times(journal.read({ from: 2, to: 4 }))).toEqual([2, 3, 4]);
  });

  it('is empty before anything was written', async () => {
    expect(await all(fileJournal(path).read())).toEqual([]);
  });

  it('begins a new file when one is full, and keeps as many as it should', async () => {
    const journal = fileJournal(path, { rotateBytes: 150, keep: 2 });
    for (let at = 1; at <= 20; at++) await journal.append(record(at));
    // A record has 51 or 52 bytes: 3 to a file, and 2 in the newest.
    expect((await readdir(join(folder, 'logs'))).sort()).toEqual([
      'scaling.jsonl',
      'scaling.jsonl.1',
      'scaling.jsonl.2',
    ]);
    expect(await times(journal.read())).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
    expect((await stat(`${path}.1`)).size).toBeLessThan(150 + 52);
  });

  it('writes nothing in the tick itself', async () => {
    const journal = fileJournal(path);
    const kept = journal.append(record(1)) as Promise<void>;
    await Promise.resolve();
    expect(await readdir(folder)).toEqual([]);
    await kept;
    expect(await readdir(folder)).toEqual(['logs']);
  });

  it('passes over half a line of a process that died, and writes behind it', async () => {
    const journal = fileJournal(path);
    await journal.append(record(1));
    await appendFile(path, '{"version":1,"at":2,"tri');
    await fileJournal(path).append(record(3));
    expect(await times(journal.read())).toEqual([1, 3]);
  });

  it('passes over records of another version', async () => {
    const journal = fileJournal(path);
    await journal.append(record(1));
    await appendFile(path, '{"version":2,"at":2,"everything":"else"}\n');
    expect(await times(journal.read())).toEqual([1]);
  });

  it('keeps what a broken disk does not take, up to a limit, and writes it when the disk is well', async () => {
    await writeFile(join(folder, 'logs'), 'a file where a directory should be');
    const journal = fileJournal(path, { maxBuffered: 3 });
    const pools = [{}] as unknown as TickRecord['pools'];
    const outcomes: string[] = [];
    for (let at = 1; at <= 4; at++) {
      await (journal.append(record(at, pools)) as Promise<void>).catch((error: Error) =>
        outcomes.push(error.message),
      );
    }
    expect(outcomes.slice(0, 3).every((message) => /EEXIST|ENOTDIR/.test(message))).toBe(true);
    expect(outcomes[3]).toBe('the disk does not keep up: 3 records wait, this one is lost');
    await expect(journal.flush?.()).rejects.toThrow(/EEXIST|ENOTDIR/);
    await rm(join(folder, 'logs'));
    await journal.flush?.();
    expect(await times(journal.read())).toEqual([1, 2, 3]);
  });

  it('is a fault of the controller, told once, and over when it is over', async () => {
    await writeFile(join(folder, 'logs'), 'a file where a directory should be');
    const journal = fileJournal(path);
    const { controller, run, stop } = watched({}, { journal });
    const faults: Fault[] = [];
    controller.on('fault', (fault) => faults.push(fault));
    const written = () => new Promise((resolve) => setTimeout(resolve, 20));
    for (let tick = 0; tick < 3; tick++) {
      await run(15_000);
      await written();
    }
    expect(faults).toMatchObject([{ source: 'journal', message: expect.stringMatching(/EEXIST|ENOTDIR/) }]);
    await rm(join(folder, 'logs'));
    await run(15_000);
    await written();
    expect(faults).toMatchObject([{}, { source: 'journal', recovered: true }]);
    expect(await all(journal.read())).toHaveLength(4);
    await stop();
  });

  it.each([
    [() => fileJournal(''), 'path must name a file, got ""'],
    [() => fileJournal('a', { rotateBytes: 0 }), 'rotateBytes must be an integer, 1 or more, got 0'],
    [() => fileJournal('a', { keep: -1 }), 'keep must be an integer, 0 or more, got -1'],
    [() => fileJournal('a', { maxBuffered: 0.5 }), 'maxBuffered must be an integer, 1 or more, got 0.5'],
    [() => memoryJournal(0), 'capacity must be an integer, 1 or more, got 0'],
  ])('refuses options that cannot be (%#)', (make, message) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });
});

describe('a journal in memory', () => {
  it('keeps the last records', async () => {
    const journal = memoryJournal(3);
    for (let at = 1; at <= 5; at++) void journal.append(record(at));
    expect(await times(journal.read())).toEqual([3, 4, 5]);
    expect(await times(journal.read({ from: 4, to: 4 }))).toEqual([4]);
  });
});

it('a journal that throws, or rejects, does not stop the loop', async () => {
  const journal = {
    append: () => {
      throw new Error('no database');
    },
    async *read() {},
    flush: () => Promise.reject(new Error('still none')),
  };
  const { controller, run, stop } = watched({}, { journal });
  const faults: Fault[] = [];
  controller.on('fault', (fault) => faults.push(fault));
  await run(3 * 15_000);
  expect(faults).toMatchObject([{ source: 'journal', message: 'no database' }]);
  await stop();
});
