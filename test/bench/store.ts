/**
 * What keeping all in a database costs: `npm run bench:store`. Rows written a second, what a record costs a tick of 1,000
 * pools, and what it takes on disk. Ratios of one run, as machines differ and are noisy.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import SQLite from 'better-sqlite3';
import { Pool } from 'pg';
import type { LoadSample } from '../../src/core/forecast.ts';
import type { TickRecord } from '../../src/core/record.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { type SqlStore, sqlStore } from '../../src/store/sql-store.ts';
import { Random } from '../../src/testing/random.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { hasPostgres, PostgresServer } from '../postgres-server.ts';

const POOLS = 1_000;
const INTERVAL_MS = 15_000;
const TICKS = 40;
const START = Date.UTC(2026, 0, 5);

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Ready at once, busy by chance: changes of size come and go. */
function wandering(seed: number) {
  const random = new Random(seed);
  let ready = 4;
  let arrived = 0;
  return {
    observe: () => {
      const jobs = Math.floor(random.next() * 240);
      arrived += jobs;
      return { ready, busy: Math.min(ready, jobs / 30), queued: 0, arrived, completed: arrived };
    },
    scaleTo: async (size: number) => {
      ready = size;
    },
  };
}

/** A day of minutes of one pool. */
function day(pool: number): LoadSample[] {
  const random = new Random(pool + 1);
  return Array.from({ length: 1_440 }, (_, i) => ({
    at: START + i * 60_000,
    demand: 8 * random.next(),
    utilization: random.next(),
    queued: Math.floor(9 * random.next()),
    arrivalsPerSecond: 20 * random.next(),
  }));
}

async function history(store: SqlStore): Promise<void> {
  const pools = 40;
  const began = performance.now();
  await Promise.all(Array.from({ length: pools }, (_, i) => store.history.append(`pool-${i}`, day(i))));
  const seconds = (performance.now() - began) / 1000;
  console.log(`  history: ${perSecond((pools * 1_440) / seconds)} samples a second`);
  const reading = performance.now();
  const { length } = await store.history.read('pool-7');
  console.log(`    read again: ${perSecond((length * 1000) / (performance.now() - reading))} a second`);
}

async function journal(store: SqlStore, bytes: () => number | Promise<number>): Promise<void> {
  const clock = new VirtualClock(START);
  const controller = new ScalingController({
    clock,
    intervalMs: INTERVAL_MS,
    pools: Array.from({ length: POOLS }, (_, i) => ({
      id: `pool-${i}`,
      adapter: wandering(i + 1),
      maxWorkers: 40,
    })),
  });
  const before = await bytes();
  const ticks: number[] = [];
  const appends: number[] = [];
  const writes: number[] = [];
  const turns: number[] = [];
  let json = 0;
  for (let i = 0; i < TICKS; i++) {
    await clock.advance(INTERVAL_MS);
    const began = performance.now();
    const record: TickRecord = await controller.tick();
    ticks.push(performance.now() - began);
    const appending = performance.now();
    const kept = store.journal.append(record) as Promise<void>;
    appends.push(performance.now() - appending);
    turns.push(await longestTurn(kept));
    writes.push(performance.now() - appending);
    json += JSON.stringify(record).length;
  }
  await controller.stop();
  const [tick, append, write] = [ticks, appends, writes].map((times) => median(times.slice(5))) as [
    number,
    number,
    number,
  ];
  const rows = TICKS * POOLS;
  console.log(`  journal: ${perSecond((POOLS * 1000) / write)} pools a second`);
  console.log(
    `    append() in a tick of 1,000 pools: ${((100 * append) / tick).toFixed(2)}% of it   (bar: 1%)`,
  );
  console.log(`    writing it, after the tick: ${(write / tick).toFixed(1)} times as long as the tick`);
  console.log(`    at most this much of a tick at a time: ${(median(turns) / tick).toFixed(2)}`);
  const stored = ((await bytes()) - before) / rows;
  const kb = (each: number): string => (each / 1024).toFixed(1);
  console.log(`    a pool and tick: ${kb(json / rows)} KB of JSON, ${kb(stored)} KB in the database`);
  if (append > tick / 100) process.exitCode = 1;
}

/** The longest time, ms, for which nothing else got a turn before `work` was done. */
async function longestTurn(work: Promise<void>): Promise<number> {
  let isDone = false;
  const done = work.then(() => {
    isDone = true;
  });
  let longest = 0;
  while (!isDone) {
    const began = performance.now();
    await nextTurn();
    longest = Math.max(longest, performance.now() - began);
  }
  await done;
  return longest;
}

function perSecond(count: number): string {
  return Math.round(count).toLocaleString('en');
}

const folder = mkdtempSync(join(tmpdir(), 'flyball-bench-store-'));
try {
  console.log('SQLite (better-sqlite3, WAL)');
  const file = new SQLite(join(folder, 'bench.db'));
  file.pragma('journal_mode = WAL');
  file.pragma('synchronous = NORMAL');
  const size = (): number =>
    Number(file.pragma('page_count', { simple: true })) * Number(file.pragma('page_size', { simple: true }));
  const store = await sqlStore(file);
  await history(store);
  await journal(store, size);
  await store.close();
  file.close();
} finally {
  rmSync(folder, { recursive: true });
}

if (hasPostgres) {
  console.log('PostgreSQL (pg, on this machine, fsync off)');
  const server = await PostgresServer.start();
  const pool = new Pool({ connectionString: server.url });
  try {
    const store = await sqlStore(pool);
    await history(store);
    await journal(store, async () => {
      const { rows } = await pool.query(
        "select sum(pg_total_relation_size(oid)) as bytes from pg_class where relname in ('flyball_tick_pools', 'flyball_ticks')",
      );
      return Number(rows[0].bytes);
    });
    await store.close();
  } finally {
    await pool.end();
    await server.stop();
  }
}
