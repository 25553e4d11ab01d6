import type { WorkerId, WorkerObservation, WorkerState } from '../../core/observation.ts';
import { WorkerStartError } from './errors.ts';
import { type JobPoolSettings, MAX_TIMER_MS } from './options.ts';
import type { PendingJob } from './pending-job.ts';
import { fromWireError, parseMessage, showMessage } from './protocol.ts';
import type { WorkerLink, WorkerTransport } from './worker-transport.ts';

/** From killing a worker until it is written off although it did not end, ms. */
const WRITE_OFF_MS = 5_000;

/** What a worker tells its pool. */
export interface WorkerOwner<Job, Result> {
  done(job: PendingJob<Job, Result>, result: Result): void;
  failed(job: PendingJob<Job, Result>, error: Error): void;
  /** It may take a job now. */
  free(): void;
  /** It has ended. `jobs`: those that it still ran, oldest first. `crashed`: it was ready, and nobody told it to. */
  gone(jobs: PendingJob<Job, Result>[], cause: Error, crashed: boolean): void;
  fault(code: 'worker-stuck' | 'invalid-message', message: string): void;
}

/** One worker: starting, ready, leaving (told to end), gone. */
export class PoolWorker<Job, Result> {
  readonly id: WorkerId;
  readonly startedAt: number = Date.now();
  /** Settles when it is ready; rejects when it ends before, or with the reason that it was killed for. */
  readonly ready: Promise<void>;
  /** Settles when it has ended. */
  readonly gone: Promise<void>;

  #phase: 'starting' | 'ready' | 'leaving' | 'gone' = 'starting';
  /** Takes no new job, until the drain is aborted. */
  #draining = false;
  /** Takes no new job and leaves when idle; for good. */
  #retiring = false;
  /** Runs an aborted job that would not end. */
  #stuck = false;
  #writable = true;
  #memoryBytes: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #jobs = new Map<number, PendingJob<Job, Result>>();
  readonly #patience = new Map<PendingJob<Job, Result>, NodeJS.Timeout>();
  readonly #drains = new Set<{ idle(): void; aborted(reason: unknown): void }>();
  readonly #settings: JobPoolSettings;
  readonly #owner: WorkerOwner<Job, Result>;
  readonly #link: WorkerLink;
  #started!: { resolve(): void; reject(reason: unknown): void };
  #ended!: () => void;

  constructor(
    id: WorkerId,
    transport: WorkerTransport,
    env: Readonly<Record<string, string>>,
    settings: JobPoolSettings,
    owner: WorkerOwner<Job, Result>,
  ) {
    this.id = id;
    this.#settings = settings;
    this.#owner = owner;
    this.#link = transport.launch(
      { id, env },
      {
        message: (value) => this.#receive(value),
        unreadable: (detail) => this.#owner.fault('invalid-message', `worker ${id} sent ${detail}`),
        writable: () => {
          this.#writable = true;
          this.#owner.free();
        },
        gone: (cause) => this.#leave(cause),
      },
    );
    this.ready = new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
    });
    this.gone = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  get state(): WorkerState {
    const leaves = this.#phase === 'leaving' || this.#phase === 'gone';
    return leaves || this.#draining || this.#retiring ? 'draining' : (this.#phase as WorkerState);
  }

  /** Jobs in its slots, aborted ones that have not ended included. */
  get running(): number {
    return this.#jobs.size;
  }

  get jobs(): PendingJob<Job, Result>[] {
    return [...this.#jobs.values()];
  }

  get hasFreeSlot(): boolean {
    return this.state === 'ready' && this.#writable && this.#jobs.size < this.#settings.slotsPerWorker;
  }

  observe(): WorkerObservation {
    const memoryBytes = this.#link.memoryBytes?.() ?? this.#memoryBytes;
    return {
      id: this.id,
      state: this.state,
      busy: this.#jobs.size,
      startedAt: this.startedAt,
      healthy: !this.#stuck,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    };
  }

  /** Gives it a job. Throws when the job cannot be serialised; it is not running then. */
  give(job: PendingJob<Job, Result>): void {
    this.#writable = this.#link.post({ type: 'job', id: job.id, job: job.payload }, job.transferList);
    this.#jobs.set(job.id, job);
  }

  /** The caller aborted: asks the worker to end the job, and replaces the worker when it will not. */
  cancel(job: PendingJob<Job, Result>): void {
    if (this.#jobs.get(job.id) !== job || this.#phase !== 'ready') return;
    this.#link.post({ type: 'cancel', id: job.id });
    const { abortGraceMs } = this.#settings;
    if (abortGraceMs > MAX_TIMER_MS) return;
    const giveUp = (): void => {
      this.#stuck = true;
      this.#retiring = true;
      this.#owner.fault(
        'worker-stuck',
        `worker ${this.id} runs job ${job.id} on, ${abortGraceMs} ms after its abort, and is replaced`,
      );
      this.#leaveWhenDone();
    };
    this.#patience.set(job, setTimeout(giveUp, abortGraceMs));
  }

  /** Takes no new jobs; settles when idle. Aborted = takes jobs again, and the drain rejects. */
  async drain(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#draining = true;
    if (this.#jobs.size === 0) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => this.#abortDrain(signal?.reason);
      const settled = (): void => signal?.removeEventListener('abort', onAbort);
      const drain = {
        idle: () => {
          settled();
          resolve();
        },
        aborted: (reason: unknown) => {
          settled();
          reject(reason);
        },
      };
      this.#drains.add(drain);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Leaves when the jobs in flight have ended; a start is cancelled. Cannot be taken back. */
  retire(reason: Error): Promise<void> {
    this.#retiring = true;
    if (this.#phase === 'starting') return this.kill(reason);
    this.#leaveWhenDone();
    return this.gone;
  }

  /** Ends now. */
  kill(reason: unknown): Promise<void> {
    if (this.#phase === 'gone') return this.gone;
    this.#started.reject(reason);
    this.#phase = 'leaving';
    this.#link.kill();
    // A thread inside a native call or a process in uninterruptible sleep may not end. Its jobs must not hang with it.
    this.#alarm(WRITE_OFF_MS, () =>
      this.#leave(new Error(`did not end within ${WRITE_OFF_MS} ms of being killed`)),
    );
    return this.gone;
  }

  #receive(value: unknown): void {
    if (this.#phase === 'gone') return;
    const message = parseMessage(value);
    if (message === undefined) {
      this.#owner.fault(
        'invalid-message',
        `worker ${this.id} sent what is no message: ${showMessage(value)}`,
      );
    } else if (message.type === 'ready') {
      if (this.#phase !== 'starting') return;
      this.#phase = 'ready';
      this.#started.resolve();
      this.#owner.free();
    } else {
      this.#memoryBytes = message.memoryBytes ?? this.#memoryBytes;
      const job = this.#take(message.id);
      if (job === undefined) {
        this.#owner.fault(
          'invalid-message',
          `worker ${this.id} answered job ${message.id}, which it does not run`,
        );
      } else if (!job.settled) {
        if (message.type === 'done') this.#owner.done(job, message.result as Result);
        else this.#owner.failed(job, fromWireError(message.error));
      }
      if (this.#jobs.size === 0) this.#endDrains();
      this.#leaveWhenDone();
      this.#owner.free();
    }
  }

  #take(id: number): PendingJob<Job, Result> | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined) return undefined;
    this.#jobs.delete(id);
    clearTimeout(this.#patience.get(job));
    this.#patience.delete(job);
    return job;
  }

  #abortDrain(reason: unknown): void {
    this.#draining = false;
    for (const drain of this.#drains) drain.aborted(reason);
    this.#drains.clear();
    this.#owner.free();
  }

  #endDrains(): void {
    for (const drain of this.#drains) drain.idle();
    this.#drains.clear();
  }

  #leaveWhenDone(): void {
    if (!this.#retiring || this.#phase !== 'ready') return;
    if (this.#jobs.size === 0) {
      this.#phase = 'leaving';
      this.#link.stop();
      this.#alarm(this.#settings.stopGraceMs, () => this.kill(new Error('the stop took too long')));
    } else if (this.#stuck && this.jobs.every((job) => job.settled)) {
      this.kill(new Error('an aborted job would not end'));
    }
  }

  #leave(cause: Error): void {
    if (this.#phase === 'gone') return;
    const crashed = this.#phase === 'ready';
    this.#phase = 'gone';
    clearTimeout(this.#timer);
    for (const timer of this.#patience.values()) clearTimeout(timer);
    this.#started.reject(new WorkerStartError(this.id, cause));
    const jobs = this.jobs;
    this.#jobs.clear();
    this.#owner.gone(jobs, cause, crashed);
    this.#endDrains();
    this.#ended();
  }

  #alarm(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    if (ms <= MAX_TIMER_MS) this.#timer = setTimeout(act, ms);
  }
}
