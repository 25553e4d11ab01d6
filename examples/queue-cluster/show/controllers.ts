import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Story } from './story.ts';
import type { Told } from './tell.ts';

const CONTROLLER = fileURLToPath(new URL('../controller.ts', import.meta.url));

/** How long an instance may take to stop, ms. */
const STOP_MS = 15_000;

/** One instance, as the show knows it. */
export interface Instance {
  /** `A`, `B`, … */
  readonly name: string;
  readonly process: ChildProcess;
  state: 'starts' | 'follows' | 'leads' | 'killed' | 'ended';
  /** Of the last term in which it led. */
  term?: number;
  /** Since when it is in its state, ms of the day. */
  sinceMs: number;
  /** What it saw last of the workers. */
  crew: { readonly ready: number; readonly starting: number; readonly draining: number };
}

export interface Takeover {
  readonly killed: string;
  readonly successor: string;
  readonly term: number;
  /** From the kill to the beginning of the next term. */
  readonly tookMs: number;
}

/** The instances of the service, each a process: what their supervisor would do, and what it would never do. */
export class Controllers {
  readonly instances: Instance[] = [];
  takeover: Takeover | undefined;
  readonly #env: NodeJS.ProcessEnv;
  readonly #story: Story;
  #kill: { readonly name: string; readonly atMs: number } | undefined;

  constructor(env: Readonly<Record<string, string>>, story: Story) {
    this.#env = { ...process.env, ...env };
    this.#story = story;
  }

  start(): void {
    const name = String.fromCharCode('A'.charCodeAt(0) + this.instances.length);
    // Detached, so that the terminal's Ctrl-C does not reach it.
    const child = fork(CONTROLLER, {
      env: this.#env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const crew = { ready: 0, starting: 0, draining: 0 };
    const instance: Instance = { name, process: child, state: 'starts', sinceMs: this.#story.now(), crew };
    this.instances.push(instance);
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue;
      createInterface({ input: output }).on('line', (line) => this.#tell(instance, line));
    }
    child.on('message', (told: Told) => this.#hear(instance, told));
    child.on('exit', (code, signal) => {
      if (instance.state === 'killed') return;
      this.#become(instance, 'ended');
      if (code !== 0) this.#tell(instance, `ended with ${signal ?? `exit code ${code}`}`, true);
    });
  }

  /** The one that leads, if one does. */
  leader(): Instance | undefined {
    return this.instances.find(({ state }) => state === 'leads');
  }

  areGone(): boolean {
    return this.instances.every(({ state }) => state === 'ended');
  }

  /** One has taken over, and the one in place of the killed one is there. */
  isWhole(): boolean {
    return this.takeover !== undefined && this.instances.every(({ state }) => state !== 'starts');
  }

  /** What is seen of the workers at this moment: by the leader, in a time without one by another. */
  crew(): Instance['crew'] {
    const seeing = this.leader() ?? this.instances.find(({ state }) => state === 'follows');
    return seeing?.crew ?? { ready: 0, starting: 0, draining: 0 };
  }

  /** `kill -9` for the one that leads. */
  killLeader(): boolean {
    const leader = this.leader();
    if (leader === undefined) return false;
    leader.process.kill('SIGKILL');
    this.#become(leader, 'killed');
    this.#kill = { name: leader.name, atMs: performance.now() };
    this.#tell(leader, `leads in term ${leader.term}, and is killed: kill -9 ${leader.process.pid}`, true);
    return true;
  }

  /** Each gives up what it holds; one that does not end is killed. */
  async stop(): Promise<void> {
    await Promise.all(
      this.instances.map(async ({ process }) => {
        process.kill('SIGTERM');
        const late = new AbortController();
        const ended = hasEnded(process).then(() => late.abort());
        await Promise.race([ended, sleep(STOP_MS, undefined, { signal: late.signal }).catch(() => {})]);
        process.kill('SIGKILL');
        await ended;
      }),
    );
  }

  /** At once. */
  async kill(): Promise<void> {
    await Promise.all(
      this.instances.map(async (instance) => {
        instance.state = 'killed';
        instance.process.kill('SIGKILL');
        await hasEnded(instance.process);
      }),
    );
  }

  #hear(instance: Instance, told: Told): void {
    if (instance.state === 'killed' || instance.state === 'ended') return;
    switch (told.kind) {
      case 'tick':
        instance.crew = told;
        if (instance.state === 'starts') {
          this.#become(instance, 'follows');
          this.#tell(instance, 'follows');
        }
        break;
      case 'leadership':
        this.#lead(instance, told.leader ? (told.term ?? 0) : undefined);
        break;
      case 'scaled':
        this.#tell(instance, `${told.from} → ${told.to}: ${told.reason}`);
        break;
      case 'fault':
        this.#tell(instance, told.message, true);
    }
  }

  #lead(instance: Instance, term: number | undefined): void {
    if (term === undefined) {
      this.#become(instance, 'follows');
      this.#tell(instance, 'leads no more', true);
      return;
    }
    instance.term = term;
    this.#become(instance, 'leads');
    const kill = this.#kill;
    if (kill === undefined || this.takeover !== undefined) {
      this.#tell(instance, `leads, term ${term}`);
      return;
    }
    const tookMs = performance.now() - kill.atMs;
    this.takeover = { killed: kill.name, successor: instance.name, term, tookMs };
    this.#tell(
      instance,
      `leads, term ${term}: took over ${(tookMs / 1_000).toFixed(1)} s after the kill`,
      true,
    );
    this.start(); // as the supervisor of a service does
  }

  #become(instance: Instance, state: Instance['state']): void {
    instance.state = state;
    instance.sinceMs = this.#story.now();
  }

  #tell({ name }: Instance, text: string, isGrave = false): void {
    this.#story.tell(`controller ${name}`, text, isGrave);
  }
}

async function hasEnded(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
