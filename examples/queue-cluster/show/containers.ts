import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

const SAMPLE_MS = 500;

/** How long an answer of the engine may take, ms: one whose connection is lost would never come. */
const ANSWER_MS = 10_000;

/** The containers of the run, as Docker has them: counted all day, and removed in the end. */
export class Containers {
  /** At this moment, those that start or end included. */
  running = 0;
  /** The most at a time. */
  peak = 0;
  /** What they sum up to, in ms of a worker. */
  workerMs = 0;
  readonly #docker: Docker;
  readonly #filters: { readonly label: string[] };

  constructor(docker: Docker, pool: string) {
    this.#docker = docker;
    this.#filters = { label: [`flyball.pool=${pool}`] };
  }

  /** Counts until `signal` is aborted. */
  async count(signal: AbortSignal): Promise<void> {
    for (let since = performance.now(); !signal.aborted; ) {
      const found = await this.#list(false).catch(() => undefined);
      const now = performance.now();
      this.running = found?.length ?? this.running;
      this.peak = Math.max(this.peak, this.running);
      this.workerMs += this.running * (now - since);
      since = now;
      await sleep(SAMPLE_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Removes them all, also those that Docker was about to make when their controller was killed. */
  async remove(): Promise<void> {
    for (let looksWithout = 0; looksWithout < 2; ) {
      const found = await this.#list(true);
      looksWithout = found.length > 0 ? 0 : looksWithout + 1;
      // One that is being removed already answers with a conflict; the next look tells.
      const removals = found.map(({ Id }) => this.#docker.getContainer(Id).remove({ force: true, v: true }));
      await Promise.allSettled(removals);
      await sleep(200);
    }
  }

  #list(all: boolean): Promise<Docker.ContainerInfo[]> {
    const late = sleep(ANSWER_MS, undefined, { ref: false }).then(() => {
      throw new Error('Docker does not answer');
    });
    late.catch(() => {});
    return Promise.race([this.#docker.listContainers({ all, filters: this.#filters }), late]);
  }
}
