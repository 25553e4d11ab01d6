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
    let next = 0;
    for (const afterSamples of [4, 9]) {
      const kept = await writeUntilKilled(where(), next, afterSamples);
      const store = await sqlStore(open(where()));
      const demands = (await store.history.read('pool')).map(({ demand }) => demand);
      expect(demands.slice(0, kept + 1)).toEqual(Array.from({ length: kept + 1 }, (_, i) => i));
      expect(demands.length).toBeLessThanOrEqual(kept + 2);
      const records = await all(store.journal.read());
      expect(records.length).toBeGreaterThanOrEqual(kept + 1);
      expect(records.length).toBeLessThanOrEqual(kept + 2);
      // None of them is half a record.
      expect(records.every(({ pools }) => pools.length === 100)).toBe(true);
      await store.close();
      next = demands.length;
    }
  });
});
