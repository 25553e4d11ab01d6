import type { PoolAdapter } from '../../core/adapter.ts';
import type { PoolObservation } from '../../core/observation.ts';
import { observationFaults, totalsThatRanBack } from './observation-faults.ts';

/** An adapter breaks the contract. */
export class AdapterContractError extends Error {
  override readonly name = 'AdapterContractError';
}

export interface ProbeOptions<Adapter> {
  readonly submit: ((adapter: Adapter, durationMs: number) => Promise<unknown>) | undefined;
  readonly wait: (ms: number) => Promise<void>;
  readonly timeoutMs: number;
}

/** A promise that can be asked how it stands. */
export interface Pending<T> {
  readonly status: 'pending' | 'fulfilled' | 'rejected';
  readonly value?: T;
  readonly reason?: unknown;
}

const STEP_MS = 5;

/** One adapter under test, with patience that ends. */
export class Probe<Adapter extends PoolAdapter> {
  readonly adapter: Adapter;
  readonly #options: ProbeOptions<Adapter>;
  #last: PoolObservation | undefined;
  /** Never aborted. */
  readonly signal: AbortSignal = new AbortController().signal;

  constructor(adapter: Adapter, options: ProbeOptions<Adapter>) {
    this.adapter = adapter;
    this.#options = options;
  }

  get timeoutMs(): number {
    return this.#options.timeoutMs;
  }

  wait(ms: number): Promise<void> {
    return this.#options.wait(ms);
  }

  observe(): Promise<PoolObservation> {
    return this.settled('observe()', Promise.resolve(this.adapter.observe(this.signal)));
  }

  /** Observes, and holds what is seen against the rules and against what was examined before. */
  async examine(): Promise<PoolObservation> {
    const observation = await this.observe();
    const ranBack = this.#last ? totalsThatRanBack(this.#last, observation) : [];
    const faults = [...observationFaults(observation), ...ranBack];
    if (faults.length > 0) fail(`observe() is not to be believed: ${faults.join('; ')}`);
    this.#last = observation;
    return observation;
  }

  /** Submits one job. */
  job(durationMs: number): Pending<unknown> {
    if (this.#options.submit === undefined) fail('the check needs `submit`');
    return follow(this.#options.submit(this.adapter, durationMs));
  }

  /** The value of a call that must settle in time. */
  async settled<T>(what: string, promise: Promise<T>): Promise<T> {
    const call = follow(promise);
    await this.until(`${what} settles`, () => call.status !== 'pending');
    if (call.status === 'rejected') fail(`${what} rejected: ${call.reason}`, call.reason);
    return call.value as T;
  }

  /** Waits until something is so. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let waited = 0; !(await isSo()); waited += STEP_MS) {
      if (waited >= this.timeoutMs) fail(`${what}: not within ${this.timeoutMs} ms`);
      await this.wait(STEP_MS);
    }
  }

  async untilObserved(what: string, isSo: (observation: PoolObservation) => boolean): Promise<void> {
    let seen: PoolObservation | undefined;
    try {
      await this.until(what, async () => {
        seen = await this.observe();
        return isSo(seen);
      });
    } catch (error) {
      if (!(error instanceof AdapterContractError) || seen === undefined) throw error;
      const { workers: _, ...counts } = seen;
      fail(`${error.message} (last seen: ${JSON.stringify(counts)})`);
    }
  }
}

export function follow<T>(promise: Promise<T>): Pending<T> {
  const pending: { -readonly [Key in keyof Pending<T>]: Pending<T>[Key] } = { status: 'pending' };
  promise.then(
    (value) => Object.assign(pending, { status: 'fulfilled', value }),
    (reason: unknown) => Object.assign(pending, { status: 'rejected', reason }),
  );
  return pending;
}

function fail(message: string, cause?: unknown): never {
  throw new AdapterContractError(message, cause === undefined ? undefined : { cause });
}

export function expect(isSo: boolean, otherwise: string): void {
  if (!isSo) fail(otherwise);
}
