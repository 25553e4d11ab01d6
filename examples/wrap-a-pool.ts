/**
 * A pool that is there already, wrapped in an adapter and kept at the right size.
 *
 *   npx tsx examples/wrap-a-pool.ts [--seconds 8]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ScalingController, type WorkerPoolAdapter } from 'flyball';

/** What a service has before it meets flyball: workers that take one job at a time, and a queue before them. */
class PrinterPool {
  readonly idle: string[] = [];
  readonly busy: Map<string, Promise<void>> = new Map();
  readonly waiting: (() => void)[] = [];
  printed = 0;
  #started = 0;

  /** Takes 100 ms in a printer. */
  async print(): Promise<void> {
    if (this.idle.length === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    const id = this.idle.pop();
    if (id === undefined) return this.print();
    const job = sleep(100).then(() => {
      this.printed++;
      this.busy.delete(id);
      this.#free(id);
    });
    this.busy.set(id, job);
    await job;
  }

  /** A printer warms up for 300 ms. */
  async addPrinter(): Promise<string> {
    const id = `printer ${++this.#started}`;
    await sleep(300);
    this.#free(id);
    return id;
  }

  async removePrinter(id: string): Promise<void> {
    await this.busy.get(id);
    const at = this.idle.indexOf(id);
    if (at >= 0) this.idle.splice(at, 1);
  }

  #free(id: string): void {
    this.idle.push(id);
    this.waiting.shift()?.();
  }
}

/** All that flyball needs of it: three numbers and two methods. The running total tells it how fast jobs come. */
function wrap(pool: PrinterPool): WorkerPoolAdapter {
  return {
    observe: () => ({
      ready: pool.idle.length + pool.busy.size,
      busy: pool.busy.size,
      queued: pool.waiting.length,
      completed: pool.printed,
    }),
    startWorker: () => pool.addPrinter(),
    stopWorker: (id) => pool.removePrinter(id),
  };
}

const { values: args } = parseArgs({ options: { seconds: { type: 'string', default: '8' } } });
const endMs = Number(args.seconds) * 1_000;

const pool = new PrinterPool();
await pool.addPrinter();
const controller = new ScalingController({
  pools: [{ id: 'printers', adapter: wrap(pool), minWorkers: 1, maxWorkers: 12 }],
  intervalMs: 200, // 15 s is the default; this example is in a hurry
});
const began = performance.now();
controller.on('scaled', ({ from, to, decision }) => {
  const second = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`${second.padStart(5)} s   ${from} → ${to} printers: ${decision.reason}`);
});
controller.start();

// Ten documents a second, sixty in the middle third, then ten again.
const documents: Promise<void>[] = [];
while (performance.now() - began < endMs) {
  documents.push(pool.print());
  const third = Math.floor((3 * (performance.now() - began)) / endMs);
  await sleep(third === 1 ? 1_000 / 60 : 1_000 / 10);
}
await Promise.all(documents);
await controller.stop();

const sizes = controller.history('printers').map(({ to }) => to);
console.log(
  `${pool.printed} of ${documents.length} documents printed, by up to ${Math.max(1, ...sizes)} printers`,
);
