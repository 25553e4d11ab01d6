import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const INSTANCE = fileURLToPath(new URL('../fixtures/failover-instance.ts', import.meta.url));

/** Bundled once, since processes start often; where it finds the packages that it needs. */
function bundleInstance(): string {
  const outfile = fileURLToPath(
    new URL(`../../node_modules/.cache/flyball-failover-${process.pid}.mjs`, import.meta.url),
  );
  buildSync({
    entryPoints: [INSTANCE],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  return outfile;
}

interface Action {
  readonly instance: number;
  readonly token: number;
  /** Monotonic ms of the machine. */
  readonly at: number;
}

export interface Failover {
  readonly takeovers: readonly { readonly how: 'killed' | 'frozen'; readonly tookMs: number }[];
  /** Number of actions of all instances. */
  readonly actions: number;
  /** Pairs of actions where the later one belongs to the earlier term. */
  readonly overlaps: readonly (readonly [Action, Action])[];
}

const monotonic = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/**
 * Two controllers that act as often as they may. In every round the one that leads is killed, or frozen past its lease
 * and woken again.
 */
export async function failover(options: {
  readonly place: 'redis' | 'kubernetes';
  /** Where the place listens on this machine. */
  readonly port: number;
  readonly rounds: number;
  readonly leaseMs: number;
}): Promise<Failover> {
  const { place, port, rounds, leaseMs } = options;
  const name = `failover-${process.pid}-${Math.round(monotonic())}`;
  const program = bundleInstance();
  const actions: Action[] = [];
  const running = new Map<number, ChildProcess>();
  const ready = new Set<number>();
  let started = 0;

  const start = (): void => {
    const instance = started++;
    const args = [program, place, `${port}`, `${leaseMs}`, name];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    running.set(instance, child);
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      // The last line of one that was killed may be cut off.
      if (!line.endsWith('}')) return;
      const said = JSON.parse(line);
      if (said.ready) ready.add(instance);
      else actions.push({ instance, ...said });
    });
  };
  const until = async <T>(what: string, find: () => T | undefined): Promise<T> => {
    for (const deadline = monotonic() + 30_000; ; await sleep(2)) {
      const found = find();
      if (found !== undefined) return found;
      if (monotonic() > deadline) throw new Error(`for 30 s, ${what} has not happened`);
    }
  };
  const nextAction = (isIt: (action: Action) => boolean): Promise<Action> =>
    until('an action', () => actions.find(isIt));
  const bothReady = (): Promise<true> =>
    until('a start', () => [...running.keys()].every((instance) => ready.has(instance)) || undefined);

  const takeovers: { how: 'killed' | 'frozen'; tookMs: number }[] = [];
  try {
    start();
    start();
    for (let round = 0; round < rounds; round++) {
      // The other one must be there to take over, and the leader be hit at any point of its lease.
      await bothReady();
      await sleep(Math.random() * leaseMs);
      const since = monotonic();
      const leader = await nextAction(({ at }) => at >= since);
      const how = round % 2 === 0 ? 'killed' : 'frozen';
      const child = running.get(leader.instance) as ChildProcess;
      const hitAt = monotonic();
      child.kill(how === 'killed' ? 'SIGKILL' : 'SIGSTOP');
      const successor = await nextAction(({ at, instance }) => at > hitAt && instance !== leader.instance);
      takeovers.push({ how, tookMs: successor.at - hitAt });
      if (how === 'killed') {
        running.delete(leader.instance);
        start();
      } else {
        child.kill('SIGCONT');
        await sleep(leaseMs / 2);
      }
    }
  } finally {
    await Promise.all(
      [...running.values()].map(async (child) => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }),
    );
    rmSync(program);
  }
  actions.sort((a, b) => a.at - b.at);
  const overlaps: (readonly [Action, Action])[] = [];
  for (let i = 1; i < actions.length; i++) {
    const [before, after] = [actions[i - 1], actions[i]] as [Action, Action];
    if (after.token < before.token || (after.token === before.token && after.instance !== before.instance)) {
      overlaps.push([before, after]);
    }
  }
  return { takeovers, actions: actions.length, overlaps };
}
