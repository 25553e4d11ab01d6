/**
 * What telemetry costs: `npm run bench:telemetry`. Its share of a tick of 1,000 pools, each part by itself, and the
 * memory that 24 h of their history take. Ratios of one run, as machines differ and are noisy.
 */

import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { Decision, PoolRecord, TickRecord } from '../../src/core/model.ts';
import { decide } from '../../src/decide.ts';
import { createPolicy } from '../../src/policies/create-policy.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { DashboardRecorder } from '../../src/telemetry/dashboard-recorder.ts';
import { fileJournal } from '../../src/telemetry/file-journal.ts';
import { openTelemetry } from '../../src/telemetry/opentelemetry.ts';
import { prometheus } from '../../src/telemetry/prometheus.ts';
import type { TelemetrySource } from '../../src/telemetry/source.ts';
import { createView } from '../../src/testing/create-view.ts';
import { Random } from '../../src/testing/random.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const POOLS = 1_000;
const INTERVAL_MS = 15_000;
const TICKS = 60;

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
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
    startWorker: async () => `worker-${ready++}`,
    stopWorker: async () => {
      ready--;
    },
  };
}

/** Calls each listener by hand, so that it can be timed apart from the tick. */
function handSource(): TelemetrySource & { tick(record: TickRecord): void } {
  const listeners = new Set<(record: TickRecord) => void>();
  return {
    on: (event: string, listener: never) => event === 'tick' && listeners.add(listener),
    off: () => {},
    status: () => ({ pools: [] }),
    tick: (record: TickRecord) => {
      for (const listener of listeners) listener(record);
    },
  } as unknown as TelemetrySource & { tick(record: TickRecord): void };
}

async function shares(): Promise<void> {
  const clock = new VirtualClock();
  const controller = new ScalingController({
    clock,
    intervalMs: INTERVAL_MS,
    pools: Array.from({ length: POOLS }, (_, index) => ({
      id: `pool-${index}`,
      adapter: wandering(index + 1),
      maxWorkers: 40,
    })),
  });
  const recorder = new DashboardRecorder(INTERVAL_MS);
  const exporters = handSource();
  openTelemetry(exporters);
  prometheus(exporters, { registry: new Registry() });
  const path = join(tmpdir(), `flyball-bench-${process.pid}.jsonl`);
  const journal = fileJournal(path);
  const times = {
    tick: [] as number[],
    recorder: [] as number[],
    exporters: [] as number[],
    journal: [] as number[],
  };
  let writing = 0;
  for (let tick = 0; tick < TICKS; tick++) {
    await clock.advance(INTERVAL_MS);
    const events: (() => void)[] = [];
    const heard = {
      scaled: (event: never) => events.push(() => recorder.scaled(event)),
      held: (event: never) => events.push(() => recorder.held(event)),
      prediction: (event: never) => events.push(() => recorder.prediction(event)),
    };
    for (const [name, listener] of Object.entries(heard)) controller.on(name as 'scaled', listener as never);
    const began = performance.now();
    const record = await controller.tick();
    times.tick.push(performance.now() - began);
    for (const [name, listener] of Object.entries(heard)) controller.off(name as 'scaled', listener as never);
    times.recorder.push(
      timed(() => {
        for (const event of events) event();
        recorder.tick(record);
      }),
    );
    times.exporters.push(timed(() => exporters.tick(record)));
    let kept: unknown;
    times.journal.push(
      timed(() => {
        kept = journal.append(record);
      }),
    );
    const flushing = performance.now();
    await kept;
    writing += performance.now() - flushing;
  }
  await controller.stop();
  rmSync(path);
  const settled = (values: number[]): number => median(values.slice(10));
  // The controller's own recorder is in the tick.
  const tickMs = settled(times.tick);
  console.log(`a tick of ${POOLS.toLocaleString('en')} pools: ${tickMs.toFixed(1)} ms (median)`);
  let total = 0;
  for (const part of ['recorder', 'exporters', 'journal'] as const) {
    const share = settled(times[part]) / tickMs;
    total += share;
    console.log(`  ${PARTS[part].padEnd(44)} ${(share * 100).toFixed(2).padStart(6)}% of it`);
  }
  console.log(`  ${'all of them'.padEnd(44)} ${(total * 100).toFixed(2).padStart(6)}% of it   (bar: 10%)`);
  console.log(`  writing the journal, after the tick: ${(writing / TICKS).toFixed(1)} ms a tick`);
}

const PARTS = {
  recorder: "the dashboard's recorder (always on)",
  exporters: 'OpenTelemetry and prom-client, both attached',
  journal: 'a file journal',
};

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** 24 h of ticks for 1,000 pools, each of which changes its size some 100 times. */
function memory(): void {
  const random = new Random(3);
  const policy = createPolicy('adaptive');
  const recorder = new DashboardRecorder(INTERVAL_MS);
  const before = used();
  const names = Array.from({ length: POOLS }, (_, index) => `pool-${index}`);
  const ticks = 86_400_000 / INTERVAL_MS;
  const start = Date.UTC(2026, 0, 5);
  let changes = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const now = start + tick * INTERVAL_MS;
    const pools: PoolRecord[] = names.map((pool) => {
      const view = createView({ pool, now, size: 10, demand: 8 });
      const decision: Decision = HOLD;
      return { view, decision, policy: 'adaptive', acted: true };
    });
    recorder.tick({ version: 1, at: now, trigger: 'interval', pools });
    for (const pool of names) {
      if (random.next() > 100 / ticks) continue;
      const view = createView({ pool, now, size: 10, demand: 4 + random.next() * 30 });
      const [decision] = decide([{ view, policy, trigger: 'interval' }]) as [Decision];
      recorder.scaled({ pool, at: now, from: decision.from, to: decision.to, decision });
      changes++;
    }
  }
  const grown = used() - before;
  console.log(
    `24 h of ${POOLS.toLocaleString('en')} pools, ${(changes / POOLS).toFixed(0)} changes of size each: ` +
      `${(grown / 1e6).toFixed(0)} MB   (bar: 500 MB)`,
  );
  const one = timed(() => JSON.stringify(recorder.data(source(names[0] as string))));
  console.log(`dashboard() of one of them, as JSON: ${one.toFixed(1)} ms`);
}

const [HOLD] = decide([
  { view: createView({ size: 10, demand: 8 }), policy: createPolicy('adaptive'), trigger: 'interval' },
]) as [Decision];

function source(id: string): Parameters<DashboardRecorder['data']>[0] {
  return {
    now: Date.UTC(2026, 0, 6),
    running: true,
    intervalMs: INTERVAL_MS,
    mode: 'act',
    faults: [],
    upcoming: [],
    pools: [
      {
        id,
        policy: 'adaptive',
        mode: 'act',
        paused: false,
        minWorkers: 1,
        maxWorkers: 40,
        operations: 0,
        breaker: 'closed',
      },
    ],
  };
}

/** Bytes in use after a collection: objects and typed arrays. */
function used(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as npm run bench:telemetry does');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// First, while there is no garbage to be mistaken for history.
memory();
await shares();
