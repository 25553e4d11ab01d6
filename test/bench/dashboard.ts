/**
 * What watchers cost: `npm run bench:dashboard`. A hundred open event streams over real sockets, read by a process of
 * their own, and how long a tick takes with and without them; and what making and sending one message takes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolObservation, WorkerPoolAdapter } from '../../src/core/model.ts';
import { createDashboard } from '../../src/dashboard/index.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { Random } from '../../src/testing/random.ts';

const CLIENTS = 100;
const TICKS = 60;
/** Between ticks: long enough that each tick gets its message, as messages are paced. */
const PAUSE_MS = 300;
const BAR_MS = 5;

class WanderingPool implements WorkerPoolAdapter {
  readonly #random: Random;
  #ready = 4;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  observe(): PoolObservation {
    return {
      ready: this.#ready,
      busy: this.#ready * this.#random.next(),
      queued: Math.floor(this.#random.next() * 9),
    };
  }

  async startWorker(): Promise<string> {
    return `worker-${this.#ready++}`;
  }

  async stopWorker(): Promise<void> {
    this.#ready--;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** How long a tick takes until it settles, and how late a timer of 1 ms is that runs beside it all. */
async function measure(controller: ScalingController): Promise<{ tickMs: number; latestMs: number }> {
  const ticks: number[] = [];
  const delays: number[] = [];
  for (let tick = 0; tick < TICKS; tick++) {
    const began = performance.now();
    await controller.tick();
    ticks.push(performance.now() - began);
    let worst = 0;
    while (performance.now() - began < PAUSE_MS) {
      const asked = performance.now();
      await sleep(1);
      worst = Math.max(worst, performance.now() - asked - 1);
    }
    delays.push(worst);
  }
  return { tickMs: median(ticks.slice(5)), latestMs: median(delays.slice(5)) };
}

async function readers(url: string): Promise<ChildProcess> {
  const child = fork(new URL(import.meta.url), [url], { execArgv: process.execArgv });
  await once(child, 'message');
  return child;
}

async function main(): Promise<void> {
  console.log(`${CLIENTS} open event streams (medians of ${TICKS} ticks)\n`);
  console.log('  pools   a tick alone   with streams   difference   longest stall alone   with streams');
  for (const count of [1, 10, 100]) {
    const controller = new ScalingController({
      pools: Array.from({ length: count }, (_, index) => ({
        id: `pool-${index}`,
        adapter: new WanderingPool(index + 1),
        maxWorkers: 40,
      })),
    });
    const dashboard = createDashboard(controller);
    const server = createServer(dashboard.listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const alone = await measure(controller);
    const child = await readers(`http://127.0.0.1:${(server.address() as AddressInfo).port}/events`);
    const watched = await measure(controller);
    const difference = watched.tickMs - alone.tickMs;
    const cells = [
      `${alone.tickMs.toFixed(2)} ms`,
      `${watched.tickMs.toFixed(2)} ms`,
      `${difference.toFixed(2)} ms`,
      `${alone.latestMs.toFixed(1)} ms`,
      `${watched.latestMs.toFixed(1)} ms`,
    ];
    const widths = [14, 14, 12, 21, 14];
    console.log(
      `  ${String(count).padStart(5)} ${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(' ')}   (bar: difference ${BAR_MS} ms)`,
    );
    if (difference > BAR_MS) process.exitCode = 1;
    child.kill();
    dashboard.close();
    server.closeAllConnections();
    server.close();
    await controller.stop();
  }
}

/** The process that reads. */
async function read(url: string): Promise<void> {
  const responses = await Promise.all(Array.from({ length: CLIENTS }, () => fetch(url)));
  for (const { body } of responses) {
    void (async () => {
      for await (const _ of body as unknown as AsyncIterable<Uint8Array>);
    })().catch(() => {});
  }
  process.send?.('ready');
}

const [url] = process.argv.slice(2);
await (url === undefined ? main() : read(url));
