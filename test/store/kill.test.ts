import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SQLite from 'better-sqlite3';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlStore } from '../../src/store/sql-store.ts';
import { hasPostgres, PostgresServer } from '../postgres-server.ts';
import { all } from './journal-contract.ts';

/** Starts a writer, kills it some samples after its first words, and gives the last one that it said was kept. */
function writeUntilKilled(where: string, from: number, afterSamples: number): Promise<number> {
  const writer = fileURLToPath(new URL('../fixtures/sql-writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', writer, where, String(from)], {
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

const folder = mkdtempSync(join(tmpdir(), 'flyball-kill-'));
let server: PostgresServer | undefined;
beforeAll(async () => {
  if (hasPostgres) server = await PostgresServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

describe.each([
  {
    name: 'SQLite',
    isMissing: false,
    where: () => join(folder, 'history.db'),
    open: (path: string) => new SQLite(path),
  },
  {
    name: 'PostgreSQL',
    isMissing: !hasPostgres,
    where: () => (server as PostgresServer).url,
    open: (connectionString: string) => new Pool({ connectionString }),
  },
])('kill -9 in the middle of writes into $name', ({ isMissing, where, open }) => {
  it.skipIf(isMissing)('loses at most the sample and the record that were being written', async () => {
    const ran: { from: number; kept: number }[] = [];
    for (const afterSamples of [4, 9]) {
      const from = 1000 * ran.length;
      ran.push({ from, kept: await writeUntilKilled(where(), from, afterSamples) });
    }
    const store = await sqlStore(open(where()));
    const written = (await store.history.read('pool')).map(({ demand }) => demand);
    const records = await all(store.journal.read());
    const recorded = records.map(({ at }) => (at - Date.UTC(2026, 0, 5)) / 1000);
    for (const numbers of [written, recorded]) {
      for (const { from, kept } of ran) {
        const told = Array.from({ length: kept - from + 1 }, (_, i) => from + i);
        const found = numbers.filter((number) => number >= from && number < from + 1000);
        // What it said was kept, and at most the one that was being written besides.
        expect([told, [...told, kept + 1]]).toContainEqual(found);
      }
    }
    // None of them is half a record.
    expect(records.every(({ pools }) => pools.length === 100)).toBe(true);
    await store.close();
  });
});
