import type { DemoLoad } from './load.ts';
import type { Side, SideSummary } from './side.ts';

const BARS = '▁▂▃▄▅▆▇█';
const HISTORY = 60;

/** Draws the run: a live screen on a terminal, a plain line every two seconds elsewhere. */
export class Screen {
  readonly #live: boolean;
  readonly #seconds: number;
  readonly #load: DemoLoad;
  readonly #sizes: number[] = [];
  readonly #loads: number[] = [];
  #lastPlain = Number.NEGATIVE_INFINITY;
  #told = 0;

  constructor(live: boolean, seconds: number, load: DemoLoad) {
    this.#live = live;
    this.#seconds = seconds;
    this.#load = load;
  }

  draw(elapsedMs: number, side: Side, others: readonly Side[]): void {
    const load = this.#load.at(elapsedMs);
    if (this.#live) this.#drawLive(elapsedMs, load, side, others);
    else this.#drawPlain(elapsedMs, load, side);
  }

  #drawLive(elapsedMs: number, load: number, side: Side, others: readonly Side[]): void {
    const now = side.now();
    push(this.#sizes, now.ready);
    push(this.#loads, load);
    const share = Math.min(1, elapsedMs / (this.#seconds * 1_000));
    const top = Math.max(this.#load.peak * 1.4, ...this.#sizes);
    const lines = [
      `flyball demo   ${bar(share)} ${(elapsedMs / 1_000).toFixed(0).padStart(3)} of ${this.#seconds} s`,
      '',
      `load     ${spark(this.#loads, top)} ${load.toFixed(1).padStart(5)} busy workers`,
      `workers  ${spark(this.#sizes, top)} ${String(now.ready).padStart(5)} ready, ${now.starting} starting`,
      '',
      'pool            size   busy  queue   waiting p95 (last 200 jobs)',
      ...[side, ...others].map((each) => {
        const { ready, busy, queued, p95 } = each.now();
        const columns = [ready, busy, queued].map((value) => String(value).padStart(6));
        return `${each.name.padEnd(13)} ${columns.join(' ')} ${p95.toFixed(0).padStart(9)} ms`;
      }),
      '',
      'last decisions',
      ...side.decisions.slice(-6).map((decision) => {
        const { from, to, reason } = decision;
        return `  ${String(from).padStart(2)} → ${String(to).padEnd(2)} ${reason}`.slice(
          0,
          (process.stdout.columns ?? 110) - 1,
        );
      }),
    ];
    process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J\n`);
  }

  #drawPlain(elapsedMs: number, load: number, side: Side): void {
    for (const { from, to, reason } of side.decisions.slice(this.#told))
      console.log(`  ${from} → ${to}: ${reason}`);
    this.#told = side.decisions.length;
    if (elapsedMs - this.#lastPlain < 2_000) return;
    this.#lastPlain = elapsedMs;
    const { ready, starting, busy, queued, p95 } = side.now();
    const at = `${(elapsedMs / 1_000).toFixed(0).padStart(3)}/${this.#seconds} s`;
    console.log(
      `${at}  load ${load.toFixed(1)}  ready ${ready} (+${starting})  busy ${busy}  queue ${queued}  waiting p95 ${p95.toFixed(0)} ms`,
    );
  }
}

/** The table that ends the run. */
export function summaryTable(rows: readonly (readonly [name: string, SideSummary])[]): string {
  const head = ['', 'peak', 'worker-s', 'wait p50', 'wait p95', 'submitted', 'completed', 'lost', 'changes'];
  const table = rows.map(([name, { jobs, workers, waitMs, workerSeconds, changes }]) => [
    name,
    String(workers.peak),
    String(workerSeconds),
    `${waitMs.p50} ms`,
    `${waitMs.p95} ms`,
    String(jobs.submitted),
    String(jobs.completed),
    String(jobs.lost),
    String(changes),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...table.map((row) => (row[column] ?? '').length)),
  );
  return [head, ...table]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}

function push(values: number[], value: number): void {
  values.push(value);
  if (values.length > HISTORY) values.shift();
}

function spark(values: readonly number[], top: number): string {
  const bars = values.map(
    (value) => BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))],
  );
  return bars.join('').padStart(HISTORY);
}

function bar(share: number): string {
  const filled = Math.round(share * 30);
  return `${'█'.repeat(filled)}${'░'.repeat(30 - filled)}`;
}
