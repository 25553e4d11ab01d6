import { bars, chart, type Moment } from './chart.ts';
import type { DemoLoad } from './load.ts';
import type { Side, SideSummary } from './side.ts';
import { milliseconds, paint, table } from './style.ts';

/** Shows the run while it goes on. */
export interface Screen {
  draw(elapsedMs: number): void;
  close(): void;
}

export interface ScreenOptions {
  readonly seconds: number;
  readonly load: DemoLoad;
  /** The pool that is scaled. */
  readonly side: Side;
  /** Those that it is compared with. */
  readonly others: readonly Side[];
}

const DECISIONS = 5;
/** Lines of the live view besides the chart. */
const FRAME = 18;

/** Draws in place, a few times a second. */
export function liveScreen({ seconds, load, side, others }: ScreenOptions): Screen {
  const width = Math.max(30, Math.min(100, (process.stdout.columns ?? 80) - 19));
  const height = Math.max(5, Math.min(12, (process.stdout.rows ?? 24) - FRAME));
  const top = Math.max(load.peak, side.maxWorkers) * 1.1;
  const sizes: (number | undefined)[] = new Array(width).fill(undefined);
  const waits: (number | undefined)[] = new Array(width).fill(undefined);
  let drawn = 0;
  const showCursor = (): void => void process.stdout.write('\x1b[?25h');
  const interrupted = (): void => process.exit(130);
  process.once('exit', showCursor);
  process.once('SIGINT', interrupted);
  process.stdout.write('\x1b[?25l');

  return {
    draw(elapsedMs) {
      const share = Math.min(1, elapsedMs / (seconds * 1_000));
      const now = Math.min(width - 1, Math.floor(share * width));
      const state = side.now();
      sizes[now] = state.ready;
      waits[now] = Math.max(waits[now] ?? 0, state.longestWaitMs);
      fillGaps(sizes, now);
      fillGaps(waits, now);
      const moments = sizes.map((size, column): Moment => {
        return { size, load: load.at(((column + 0.5) / width) * seconds * 1_000) };
      });
      const filled = Math.round(share * width);
      const longest = Math.max(100, ...waits.map((wait) => wait ?? 0));
      const lines = [
        `${paint('bold', 'flyball')}  a real pool of worker threads, kept at the size that its load needs${killedBy(side)}`,
        '',
        `     ${paint('blue', '█')} load in busy workers   ${paint('green', '━')} workers ready   ${paint('red', '█')} more than they carry   ${paint('dim', '█')} to come`,
        ...chart(moments, height, top),
        `     ${paint('green', '━'.repeat(filled))}${paint('dim', '─'.repeat(width - filled))} ${(elapsedMs / 1_000).toFixed(0)}/${seconds} s`,
        `wait ${paint('yellow', bars(waits, longest))} up to ${milliseconds(longest)}`,
        '',
        ...poolTable([side, ...others]),
        '',
        paint('dim', 'Last decisions'),
        ...decisionLines(side, (process.stdout.columns ?? 80) - 1),
      ];
      const up = drawn > 0 ? `\x1b[${drawn}A` : '';
      process.stdout.write(`${up}\r${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
      drawn = lines.length;
    },
    close() {
      process.off('SIGINT', interrupted);
      showCursor();
    },
  };
}

function fillGaps(values: (number | undefined)[], to: number): void {
  for (let i = 1; i <= to; i++) values[i] ??= values[i - 1];
}

function poolTable(sides: readonly Side[]): string[] {
  return table(
    [
      { title: 'pool', align: 'left' },
      { title: 'ready' },
      { title: 'starting' },
      { title: 'busy' },
      { title: 'queue' },
      { title: 'wait p95, last 200' },
      { title: 'worker-seconds' },
    ],
    sides.map((side) => {
      const { ready, starting, busy, queued, p95, workerSeconds } = side.now();
      const counts = [ready, starting, busy, queued].map(String);
      return [side.name, ...counts, milliseconds(p95), workerSeconds.toFixed(0)];
    }),
  );
}

function decisionLines(side: Side, columns: number): string[] {
  const last = side.decisions.slice(-DECISIONS);
  return Array.from({ length: DECISIONS }, (_, index) => {
    const entry = last[index];
    if (entry === undefined) return '';
    const { from, to, reason } = entry.decision;
    const at = `${(entry.atMs / 1_000).toFixed(1).padStart(5)} s`;
    const change = `${String(from).padStart(2)} ${to > from ? '▲' : '▼'} ${String(to).padEnd(2)}`;
    const room = Math.max(0, columns - at.length - change.length - 3);
    const text = reason.length > room ? `${reason.slice(0, room - 1)}…` : reason;
    return `${paint('dim', at)} ${paint(to > from ? 'yellow' : 'green', change)}  ${text}`;
  });
}

function killedBy({ killed }: Side): string {
  return killed === 0 ? '' : paint('red', `   ${killed} killed so far`);
}

/** A line every two seconds, and one for every decision: for logs and pipes. */
export function plainScreen({ seconds, load, side }: ScreenOptions): Screen {
  let due = 0;
  let told = 0;
  return {
    draw(elapsedMs) {
      for (const { decision } of side.decisions.slice(told)) {
        console.log(`          ${decision.from} → ${decision.to}: ${decision.reason}`);
      }
      told = side.decisions.length;
      if (elapsedMs < due) return;
      due = elapsedMs + 2_000;
      const { ready, starting, busy, queued, p95 } = side.now();
      const at = `${(elapsedMs / 1_000).toFixed(0).padStart(3)}/${seconds} s`;
      const workers = `${ready} ready${starting > 0 ? ` + ${starting} starting` : ''}, ${busy} busy`;
      const demand = load.at(elapsedMs).toFixed(1);
      console.log(
        `${at}  load ${demand}  workers ${workers}  queue ${queued}  wait p95 ${milliseconds(p95)}`,
      );
    },
    close() {},
  };
}

/** The table that ends the run. */
export function summaryTable(rows: readonly (readonly [name: string, SideSummary])[]): string {
  return table(
    [
      { title: 'pool', align: 'left' },
      { title: 'peak' },
      { title: 'worker-seconds' },
      { title: 'wait p50' },
      { title: 'wait p95' },
      { title: 'submitted' },
      { title: 'completed' },
      { title: 'lost' },
      { title: 'changes' },
    ],
    rows.map(([name, { jobs, workers, waitMs, workerSeconds, changes }]) => [
      name,
      String(workers.peak),
      workerSeconds.toFixed(0),
      milliseconds(waitMs.p50),
      milliseconds(waitMs.p95),
      String(jobs.submitted),
      String(jobs.completed),
      String(jobs.lost),
      String(changes),
    ]),
  ).join('\n');
}
