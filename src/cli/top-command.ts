import { systemClock } from '../clock.ts';
import type { Command } from './command.ts';
import type { Terminal } from './terminal.ts';
import { parseTopCall, type TopCall } from './top-call.ts';
import { type FeedEvent, readFeed, type TopState, takeIn } from './top-feed.ts';
import { decisionLine, harmless, plainLine, topLines } from './top-screen.ts';
import { openWindow } from './top-window.ts';

/** Plain lines come at this pace, ms. */
const PLAIN_EVERY_MS = 2_000;
/** `--once`: lines besides the pools, and how wide they may be where no terminal says. */
const ONCE_ROWS = 26;
const FILE_COLUMNS = 200;
/** Pause before a stream that has ended is asked for again, ms. */
const RETRY_MS = 2_000;

export const topCommand: Command = {
  name: 'top',
  summary: 'watch the pools of a running service in the terminal',
  help: `flyball top <url> [options]

Attaches to the live page of a running service (createDashboard of flyball/dashboard) and shows its pools in the
terminal: sizes, demand, queues, and the decisions with their reasons. Where there is no terminal it writes plain
lines. In the terminal: ↑ and ↓ choose the pool that is shown in full, q ends.

  --pool NAME          the pool to show in full (default: the first)
  --once               print how things stand, and end
  --plain              plain lines in a terminal, too
  --header 'Name: v'   send a header, such as an authorization; may be repeated
`,
  async run(args, terminal, signal) {
    const call = parseTopCall(args);
    if (call.once) return printOnce(call, terminal, signal);
    if (call.plain || process.stdout.isTTY !== true) return printLines(call, terminal, signal);
    return showWindow(call, signal);
  },
};

async function printOnce(call: TopCall, terminal: Terminal, signal: AbortSignal): Promise<void> {
  for await (const event of readFeed({ ...call, signal })) {
    const state = takeIn(undefined, event);
    refuseUnknown(call, state);
    const columns = process.stdout.isTTY === true ? terminal.columns : FILE_COLUMNS;
    const lines = topLines(state, { columns, rows: state.pools.length + ONCE_ROWS });
    terminal.out(`${lines.join('\n')}\n`);
    return;
  }
}

/** A line per pool now and then, and every decision of the watched pool. */
async function printLines(call: TopCall, terminal: Terminal, signal: AbortSignal): Promise<void> {
  let state: TopState | undefined;
  let printedAt = Number.NEGATIVE_INFINITY;
  for await (const event of follow(call, signal, (text) => terminal.err(`${text}\n`))) {
    const known = new Set(state?.pool?.history);
    const isFirst = state === undefined;
    state = takeIn(state, event);
    refuseUnknown(call, state);
    const { fleet, pools, pool } = state;
    const fresh = pool?.history.filter((decision) => !known.has(decision)) ?? [];
    if (!isFirst && event.event === 'tick') {
      for (const decision of fresh.toReversed()) {
        terminal.out(`${harmless(`${pool?.id}: ${decisionLine(decision, fleet.at)}`)}\n`);
      }
    }
    if (fleet.at - printedAt < PLAIN_EVERY_MS) continue;
    printedAt = fleet.at;
    for (const row of pools) terminal.out(`${harmless(plainLine(row, fleet.at))}\n`);
  }
}

async function showWindow(call: TopCall, signal: AbortSignal): Promise<void> {
  const window = openWindow(signal);
  let { pool } = call;
  let state: TopState | undefined;
  let note = '';
  const draw = (): void => {
    const head = `flyball top  ${call.base}  ${note === '' ? '' : `${note}  `}↑↓ choose, q ends`;
    const { columns, rows } = window.size();
    const body = state === undefined ? ['connecting …'] : topLines(state, { columns, rows: rows - 2 });
    window.draw([harmless(head).slice(0, columns), '', ...body]);
  };
  try {
    while (!window.closed.aborted) {
      const turn = new AbortController();
      const move = (by: number): void => {
        const ids = state?.pools.map(({ id }) => id) ?? [];
        const at = ids.indexOf(state?.pool?.id ?? '');
        const next = ids[Math.max(0, Math.min(ids.length - 1, at + by))];
        if (next === undefined || next === pool) return;
        pool = next;
        turn.abort();
      };
      window.onMove = move;
      window.onResize = draw;
      const watched = { ...call, ...(pool !== undefined && { pool }) };
      const both = AbortSignal.any([turn.signal, window.closed]);
      draw();
      try {
        for await (const event of follow(watched, both, (text) => {
          note = text;
          draw();
        })) {
          note = '';
          state = takeIn(state, event);
          draw();
        }
      } catch (error) {
        if (!both.aborted) throw error;
      }
    }
  } finally {
    window.close();
  }
  signal.throwIfAborted();
}

/** Reads the feed for ever: what has begun once is tried again. */
async function* follow(
  call: TopCall,
  signal: AbortSignal,
  tell: (text: string) => void,
): AsyncGenerator<FeedEvent> {
  let hasBegun = false;
  for (;;) {
    try {
      for await (const event of readFeed({ ...call, signal })) {
        hasBegun = true;
        yield event;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!hasBegun) throw error;
    }
    tell('connection lost, trying again …');
    await systemClock.sleep(RETRY_MS, signal);
  }
}

function refuseUnknown({ pool }: TopCall, { pools, pool: found }: TopState): void {
  if (pool === undefined || found !== undefined) return;
  throw new Error(
    `there is no pool "${pool}" there: ${pools.map(({ id }) => harmless(id)).join(', ') || 'none at all'}`,
  );
}
