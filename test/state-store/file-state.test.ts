import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { fileState } from '../../src/state-store/file-state.ts';
import type { Versioned } from '../../src/state-store/state-store.ts';
import { describeStateStore } from './state-store-contract.ts';

const root = mkdtempSync(join(tmpdir(), 'flyball-state-'));
let count = 0;
const newFolder = (): string => join(root, `own-${count++}`);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describeStateStore('fileState', (place) => fileState(join(root, place)));

describe('a folder of state', () => {
  test('holds one document a key, whatever was replaced', async () => {
    const folder = newFolder();
    const store = await fileState(folder);
    for (let version = 0; version < 5; version++) await store.replace('signals', { version }, version);
    expect(readdirSync(folder)).toEqual(['signals']);
    const [pointer, document] = readdirSync(join(folder, 'signals')).sort((a, b) => b.length - a.length);
    expect(pointer).toBe(`5.${document}`);
    expect(readdirSync(join(folder, 'signals'))).toHaveLength(2);
  });

  test('is rid of what a killed process left at its next change', async () => {
    const folder = newFolder();
    const store = await fileState(folder);
    await store.replace('signals', 1, 0);
    writeFileSync(join(folder, 'signals', '6f1e0000-0000-4000-8000-000000000000'), '{"half":');
    expect(await store.read('signals')).toEqual({ value: 1, version: 1 });
    await store.replace('signals', 2, 1);
    expect(readdirSync(join(folder, 'signals'))).toHaveLength(2);
  });

  test('a process that was frozen before its last step finds that it came too late', async () => {
    const folder = newFolder();
    const store = await fileState(folder);
    await store.replace('signals', 'first', 0);
    const [seen] = readdirSync(join(folder, 'signals')).filter((name) => name.startsWith('1.'));
    for (const version of [1, 2, 3]) await store.replace('signals', `edition ${version + 1}`, version);
    const late = rename(join(folder, 'signals', `${seen}`), join(folder, 'signals', '2.late'));
    await expect(late).rejects.toThrow('ENOENT');
    expect(await store.read('signals')).toEqual({ value: 'edition 4', version: 4 });
  });

  test('a document that is broken by hand reads as null, and can be replaced', async () => {
    const folder = newFolder();
    const store = await fileState(folder);
    await store.replace('signals', { a: 1 }, 0);
    const [document] = readdirSync(join(folder, 'signals')).filter((name) => !name.startsWith('1.'));
    writeFileSync(join(folder, 'signals', `${document}`), '{"a":');
    expect(await store.read('signals')).toEqual({ value: null, version: 1 });
    expect(await store.replace('signals', { a: 2 }, 1)).toBe(true);
    expect(await store.read('signals')).toEqual({ value: { a: 2 }, version: 2 });
  });

  test('loses nothing of what several processes write, also when they are killed', {
    timeout: 60_000,
  }, async () => {
    const folder = newFolder();
    const writers = ['a', 'b', 'c'].map((name) => write(folder, name));
    const [killed, ...others] = writers as [Writer, Writer, Writer];
    while (killed.kept.length < 5) await sleep(2);
    killed.child.kill('SIGKILL');
    for (const writer of [killed, ...others]) await writer.ended;
    const { value, version } = (await (await fileState(folder)).read('list')) as Versioned;
    const list = value as string[];
    expect(version).toBe(list.length);
    expect(new Set(list).size).toBe(list.length);
    // The killed one may have died between keeping its last and saying so.
    expect(list).toEqual(expect.arrayContaining(writers.flatMap(({ kept }) => kept)));
    for (const name of ['b', 'c']) {
      expect(list.filter((each) => each.startsWith(name))).toEqual(
        Array.from({ length: 60 }, (_, i) => `${name}.${i}`),
      );
    }
    await (await fileState(folder)).replace('list', [], version);
    expect(readdirSync(join(folder, 'list'))).toHaveLength(2);
  });

  test('must be named, and so must keys', async () => {
    await expect(fileState('')).rejects.toThrow(InvalidOptionError);
    const store = await fileState(newFolder());
    await expect(store.read('')).rejects.toThrow(InvalidOptionError);
    await expect(store.replace('x'.repeat(300), 1, 0)).rejects.toThrow(InvalidOptionError);
  });
});

interface Writer {
  readonly child: ChildProcess;
  readonly kept: string[];
  readonly ended: Promise<unknown>;
}

const WRITER = fileURLToPath(new URL('../fixtures/state-writer.ts', import.meta.url));

function write(folder: string, name: string): Writer {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, folder, name, '60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kept: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => kept.push(line));
  return { child, kept, ended: once(child, 'close') };
}
