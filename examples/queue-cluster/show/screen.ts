import { chart, type Moment } from '../../demo/chart.ts';
import { milliseconds, paint, table } from '../../demo/style.ts';
import { MAX_WORKERS, SLOTS_PER_WORKER } from '../limits.ts';
import type { Containers } from './containers.ts';
import type { Controllers, Instance } from './controllers.ts';
import { type Day, timeOfDay } from './day.ts';
import type { Happening, Story } from './story.ts';
import { type QueueState, quantile, type Traffic } from './traffic.ts';

/** Shows the run while it goes on. */
export interface Screen {
  draw(queue: QueueState): void;
  close(): void;
}

export interface ScreenOptions {
  readonly seconds: number;
  readonly day: Day;
  readonly story: Story;
  readonly controllers: Controllers;
  readonly containers: Containers;
  readonly traffic: Traffic;
}

const HAPPENINGS = 6;
/** Lines of the live view besides the chart. */
const FRAME = 22;

/** Draws in place, a few times a second. */
export function liveScreen(options: ScreenOptions): Screen {
  const { seconds, day, story, controllers, containers, traffic } = options;
  const columns = process.stdout.columns || 80;
  const width = Math.max(30, Math.min(96, columns - 8));
  const height = Math.max(4, Math.min(10, (process.stdout.rows || 24) - FRAME));
  const sizes: (number | undefined)[] = new Array(width).fill(undefined);
  let drawn = 0;
  const showCursor = (): void => void process.stdout.write('\x1b[?25h');
  process.once('exit', showCursor);
  process.stdout.write('\x1b[?25l');

  return {
    draw({ waiting, running }) {
      const ms = story.now();
      const share = Math.min(1, ms / (seconds * 1_000));
      const now = Math.min(width - 1, Math.floor(share * width));
      sizes[now] = containers.running;
      for (let i = 1; i <= now; i++) sizes[i] ??= sizes[i - 1];
      const moments = sizes.map((size, column): Moment => {
        return { size, load: day.at(((column + 0.5) / width) * seconds * 1_000) / SLOTS_PER_WORKER };
      });
      const filled = Math.round(share * width);
      const { ready, starting, draining } = controllers.crew();
      const recent = traffic.recent();
      const lines = [
        `${paint('bold', 'flyball')}  a day in ${seconds} s: two controllers, a queue, containers`,
        '',
        `     ${paint('blue', '█')} load in busy workers   ${paint('green', '━')} containers   ${paint('red', '█')} more than they carry   ${paint('dim', '█')} to come`,
        ...chart(moments, height, MAX_WORKERS * 1.1),
        `     ${paint('green', '━'.repeat(filled))}${paint('dim', '─'.repeat(width - filled))}`,
        '',
        `${paint('bold', timeOfDay(ms, seconds))}      ${(ms / 1_000).toFixed(0)} of ${seconds} s`,
        `workers    ${ready} ready, ${starting} starting, ${draining} draining`,
        `queue      ${waiting} waiting, ${running} running; ${traffic.done} of ${traffic.sent} sent are done`,
        `response   median ${milliseconds(quantile(recent, 0.5))}, p95 ${milliseconds(quantile(recent, 0.95))} in the last 5 s`,
        '',
        ...controllerTable(controllers.instances),
        ...new Array(Math.max(0, 3 - controllers.instances.length)).fill(''),
        '',
        paint('dim', 'Last events'),
        ...lastHappenings(story, columns - 1),
      ];
      const up = drawn > 0 ? `\x1b[${drawn}A` : '';
      process.stdout.write(`${up}\r${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
      drawn = lines.length;
    },
    close() {
      process.off('exit', showCursor);
      showCursor();
    },
  };
}

function controllerTable(instances: readonly Instance[]): string[] {
  return table(
    [
      { title: 'controller', align: 'left' },
      { title: 'pid' },
      { title: 'state', align: 'left' },
      { title: 'term' },
      { title: 'since' },
    ],
    instances.map(({ name, process, state, term, sinceMs }) => [
      name,
      String(process.pid),
      state,
      term === undefined ? '' : String(term),
      `${(sinceMs / 1_000).toFixed(1)} s`,
    ]),
  );
}

function lastHappenings({ happenings }: Story, columns: number): string[] {
  const last = happenings.slice(-HAPPENINGS);
  return Array.from({ length: HAPPENINGS }, (_, index) => {
    const happening = last[index];
    if (happening === undefined) return '';
    const line = lineOf(happening);
    const cut = line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
    return happening.isGrave ? paint('red', cut) : cut;
  });
}

function lineOf({ atMs, who, text }: Happening): string {
  return `${(atMs / 1_000).toFixed(1).padStart(6)} s  ${who}  ${text}`;
}

/** A line every two seconds, and one for everything that happens: for logs and pipes. */
export function plainScreen({ seconds, story, controllers, traffic }: ScreenOptions): Screen {
  let due = 0;
  let told = 0;
  return {
    draw({ waiting, running }) {
      for (const happening of story.happenings.slice(told)) console.log(lineOf(happening));
      told = story.happenings.length;
      const ms = story.now();
      if (ms < due) return;
      due = ms + 2_000;
      const { ready, starting, draining } = controllers.crew();
      const leader = controllers.leader();
      const leads = leader === undefined ? 'nobody leads' : `${leader.name} leads, term ${leader.term}`;
      const p95 = milliseconds(quantile(traffic.recent(), 0.95));
      console.log(
        `${(ms / 1_000).toFixed(1).padStart(6)} s  ${timeOfDay(ms, seconds)}  ${leads}; workers ${ready} ready, ` +
          `${starting} starting, ${draining} draining; queue ${waiting} waiting, ${running} running; ` +
          `${traffic.done} of ${traffic.sent} done; response p95 ${p95}`,
      );
    },
    close() {},
  };
}
