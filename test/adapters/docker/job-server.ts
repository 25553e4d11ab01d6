import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { LoadObservation, PoolSource } from '../../../src/adapters/compose.ts';

interface Job {
  readonly id: number;
  readonly ms: number;
  readonly settle: () => void;
}

/** Where the jobs of containers wait, and where these fetch them, by a socket that they share with the host. */
export class JobServer implements PoolSource {
  readonly #server: Server = createServer((request, response) => {
    const [, verb, name = ''] = (request.url ?? '').split('/');
    if (verb === 'take') this.#offer(name, response);
    else this.#done(Number(name), response);
  });
  readonly #waiting: Job[] = [];
  readonly #idle = new Map<string, ServerResponse>();
  readonly #running = new Map<string, { job: Job; response: ServerResponse }>();
  readonly #held = new Map<string, () => void>();
  /** Jobs whose worker died. Another one was given them. */
  lost = 0;
  #arrived = 0;
  #completed = 0;

  async listen(path: string): Promise<this> {
    await once(this.#server.listen(path), 'listening');
    return this;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A job that takes so long; without a time, until it is released. */
  submit(ms = 3_600_000): Promise<void> {
    this.#arrived += 1;
    return new Promise((settle) => {
      this.#waiting.push({ id: this.#arrived, ms, settle });
      this.#dispatch();
    });
  }

  /** Lets all jobs that run end. */
  release(): void {
    for (const { response } of this.#running.values()) response.write('released');
  }

  observe(): LoadObservation {
    return {
      queued: this.#waiting.length,
      active: this.#running.size,
      arrived: this.#arrived,
      completed: this.#completed,
    };
  }

  /** Jobs that each worker runs. */
  busy(): Map<string, number> {
    const jobs = new Map<string, number>();
    for (const name of this.#idle.keys()) jobs.set(name, 0);
    for (const name of this.#running.keys()) jobs.set(name, 1);
    return jobs;
  }

  /** Gives a worker no jobs until `signal` is aborted; settles when it runs none. */
  async hold(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      this.#held.set(name, resolve);
      signal.addEventListener('abort', () => {
        this.#held.delete(name);
        reject(signal.reason);
        this.#dispatch();
      });
      if (!this.#running.has(name)) resolve();
    });
  }

  #offer(name: string, response: ServerResponse): void {
    response.flushHeaders();
    this.#idle.set(name, response);
    response.on('close', () => {
      if (this.#idle.get(name) === response) this.#idle.delete(name);
      const lost = this.#running.get(name);
      if (lost?.response !== response) return;
      this.lost += 1;
      this.#running.delete(name);
      this.#waiting.unshift(lost.job);
      this.#dispatch();
    });
    this.#dispatch();
  }

  #done(id: number, response: ServerResponse): void {
    for (const [name, { job, response: taken }] of this.#running) {
      if (job.id !== id) continue;
      this.#running.delete(name);
      this.#completed += 1;
      job.settle();
      this.#held.get(name)?.();
      taken.end();
    }
    response.end();
  }

  #dispatch(): void {
    for (const [name, response] of this.#idle) {
      if (this.#held.has(name)) continue;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#idle.delete(name);
      this.#running.set(name, { job, response });
      response.write(JSON.stringify({ id: job.id, ms: job.ms }));
    }
  }
}
