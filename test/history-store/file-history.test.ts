import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fileHistory } from '../../src/history-store/file-history.ts';
import { memoryHistory } from '../../src/history-store/memory-history.ts';
import { demands, describeHistoryStore, minutes, START } from './history-store-contract.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'flyball-history-'));
  folders.push(folder);
  return folder;
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

describeHistoryStore('memoryHistory', () => memoryHistory({ retentionDays: 3 }));
describeHistoryStore('fileHistory', async () => fileHistory(await newFolder(), { retentionDays: 3 }));

describe('a history in files', () => {
  it('is there after a restart', async () => {
    const folder = await newFolder();
    const before = await fileHistory(folder);
    await Promise.all([before.append('a', minutes(0, 3)), before.append('a', minutes(3, 3))]);
    await before.close();
    await expect(before.append('a', minutes(6, 1))).rejects.toThrow('closed');
    const after = await fileHistory(folder);
    expect(demands(await after.read('a'))).toEqual([0, 1, 2, 3, 4, 5]);
    await after.append('a', minutes(6, 1));
    expect(await after.read('a')).toHaveLength(7);
  });

  it('cut at any byte of its last line loses that line only, and goes on', async () => {
    const folder = await newFolder();
    const store = await fileHistory(folder);
    await store.append('a', minutes(0, 3));
    const path = join(folder, 'a', '2026-01-05.log');
    const whole = await readFile(path);
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let length = lastLine; length < whole.length; length++) {
      await writeFile(path, whole);
      await truncate(path, length);
      const survivor = await fileHistory(folder);
      // Only the end of the line is missing: the sample is whole.
      const kept = length === whole.length - 1 ? [0, 1, 2] : [0, 1];
      expect(demands(await survivor.read('a'))).toEqual(kept);
      await survivor.append('a', minutes(9, 1));
      expect(demands(await survivor.read('a'))).toEqual([...kept, 9]);
    }
  });

  it('passes over what is not its own or was changed', async () => {
    const folder = await newFolder();
    const store = await fileHistory(folder);
    await store.append('a', minutes(0, 3));
    const path = join(folder, 'a', '2026-01-05.log');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"demand":1', '"demand":7'));
    await appendFile(path, 'rubbish\n\n');
    await writeFile(join(folder, 'a', 'notes.txt'), 'rubbish');
    expect(demands(await (await fileHistory(folder)).read('a'))).toEqual([0, 2]);
  });

  it('thins old days to five minutes, and keeps their means', async () => {
    const folder = await newFolder();
    const store = await fileHistory(folder, { fineDays: 1 });
    await store.append('a', minutes(0, 10));
    await store.append('a', [{ at: START + DAY_MS, demand: 50 }]);
    expect(await store.read('a')).toHaveLength(11);
    await store.append('a', [{ at: START + 2 * DAY_MS, demand: 60 }]);
    // 0…4 and 5…9, at the times of their last samples.
    expect((await store.read('a')).map(({ at, demand }) => [(at - START) / MINUTE_MS, demand])).toEqual([
      [4, 2],
      [9, 7],
      [1440, 50],
      [2880, 60],
    ]);
    expect(await readdir(join(folder, 'a'))).toContain('2026-01-05.thin.log');
    // What comes late for a thinned day joins it.
    await store.append('a', minutes(20, 1));
    expect(demands(await store.read('a'))).toEqual([2, 7, 20, 50, 60]);
  });

  it('counts a day once when a kill left it both thinned and as it was', async () => {
    const folder = await newFolder();
    const store = await fileHistory(folder, { fineDays: 1 });
    await store.append('a', minutes(0, 10));
    const raw = await readFile(join(folder, 'a', '2026-01-05.log'));
    await store.append('a', [{ at: START + 2 * DAY_MS, demand: 60 }]);
    await writeFile(join(folder, 'a', '2026-01-05.log'), raw);
    expect(demands(await (await fileHistory(folder)).read('a'))).toEqual([2, 7, 60]);
  });

  it('survives kill -9 in the middle of writes with all that it said was kept', async () => {
    const folder = await newFolder();
    let next = 0;
    for (let round = 0; round < 3; round++) {
      const kept = await writeUntilKilled(folder, next, 4 + 7 * round);
      const samples = demands(await (await fileHistory(folder)).read('pool'));
      // In order, without a gap, and at most the one that was being written besides.
      expect(samples.slice(0, kept + 1)).toEqual(Array.from({ length: kept + 1 }, (_, i) => i));
      expect(samples.length).toBeLessThanOrEqual(kept + 2);
      next = samples.length;
    }
  });

  it.each([
    [() => fileHistory(''), /^folder must name a folder/],
    [async () => fileHistory(await newFolder(), { fineDays: 0 }), /^fineDays must be at least 1/],
    [async () => fileHistory(await newFolder(), { retentionDays: 0 }), /^retentionDays must be above 0/],
    [async () => (await fileHistory(await newFolder())).append('', minutes(0, 1)), /^pool must be a name/],
  ])('refuses what it cannot do (%#)', async (call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});

/** Starts a writer, kills it some milliseconds after its first words, and gives the last sample it said was kept. */
function writeUntilKilled(folder: string, from: number, afterSamples: number): Promise<number> {
  const writer = fileURLToPath(new URL('../fixtures/history-writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', writer, folder, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    told += chunk.toString();
    if (told.split('\n').length > afterSamples) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended with ${code}: ${told}`));
      // The last word may have been cut off, too.
      else resolve(Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1)));
    });
  });
}
