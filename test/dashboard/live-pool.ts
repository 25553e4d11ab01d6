import type { PoolObservation, WorkerPoolAdapter } from '../../src/core/model.ts';

/** A pool in real time whose load a test turns: what no worker serves waits. */
export class LivePool implements WorkerPoolAdapter {
  /** Busy workers that the load keeps. */
  load = 1;
  readonly startupMs: number;
  #ready = 2;
  #starting = 0;
  #queued = 0;
  #arrived = 0;
  #next = 0;
  #last = performance.now();

  constructor(startupMs: number) {
    this.startupMs = startupMs;
  }

  /** Jobs take 100 ms each. */
  observe(): PoolObservation {
    const now = performance.now();
    const seconds = (now - this.#last) / 1_000;
    this.#last = now;
    const arrived = this.load * 10 * seconds;
    this.#arrived += arrived;
    const waiting = this.#queued + arrived;
    const served = Math.min(waiting, this.#ready * 10 * seconds);
    this.#queued = waiting - served;
    return {
      ready: this.#ready,
      starting: this.#starting,
      busy: Math.min(this.#ready, this.load + this.#queued / 10),
      queued: Math.round(this.#queued),
      arrived: Math.round(this.#arrived),
      completed: Math.round(this.#arrived - this.#queued),
      serviceTimeMs: 100,
    };
  }

  async startWorker(): Promise<string> {
    this.#starting++;
    await new Promise((resolve) => setTimeout(resolve, this.startupMs));
    this.#starting--;
    this.#ready++;
    return `live-${this.#next++}`;
  }

  async stopWorker(): Promise<void> {
    this.#ready--;
  }
}
