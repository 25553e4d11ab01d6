import { BatchQueue } from './batch-queue.ts';
import { arrivalRate, type JobEngine, type JobEngineOptions, JobTotals } from './job-engine.ts';
import { JobHeap } from './job-heap.ts';
import type { Random } from './random.ts';

interface Server {
  open: boolean;
  running: number;
  /** Free slots that were met while the worker was closed; handed out again when it reopens. */
  parked: number;
}

/**
 * Every job on its own: exact times of arrival, start and end. Arrivals are a Poisson process whose rate is
 * looked up once a second (or once per step of the workload, where that is shorter).
 */
export class ExactEngine implements JobEngine {
  readonly totals: JobTotals = new JobTotals();
  readonly #options: JobEngineOptions;
  readonly #rateAt: (ms: number) => number;
  readonly #pieceMs: number;
  readonly #arrivals: Random;
  readonly #services: Random;
  readonly #failures: Random;
  readonly #queue = new BatchQueue();
  readonly #heap = new JobHeap();
  readonly #servers: (Server | undefined)[] = [];
  /** One entry per free slot: the worker's number. Slots of workers that closed since are parked when met. */
  readonly #free: number[] = [];
  #now = 0;
  #running = 0;
  #runningOnOpen = 0;
  /** Where the search for the next arrival stands, in the piece of constant rate that ends at `#pieceEnd`. */
  #cursor = 0;
  #pieceEnd = 0;
  #rate = 0;
  /** Expected arrivals still to pass before the next one comes: gaps are exponential in these units. */
  #exposure: number;
  #nextArrival = Number.POSITIVE_INFINITY;

  constructor(options: JobEngineOptions) {
    this.#options = options;
    this.#rateAt = arrivalRate(options);
    this.#pieceMs = Math.min(1000, options.workload.stepMs ?? 1000);
    this.#arrivals = options.random.stream(0);
    this.#services = options.random.stream(1);
    this.#failures = options.random.stream(2);
    this.#exposure = this.#arrivals.exponential();
  }

  get queued(): number {
    return this.#queue.length;
  }

  get running(): number {
    return this.#running;
  }

  get runningOnOpen(): number {
    return this.#runningOnOpen;
  }

  advanceTo(ms: number): void {
    for (;;) {
      const end = this.#heap.nextEnd;
      const arrival = this.#peekArrival(ms);
      if (end <= arrival) {
        if (end > ms) break;
        this.#now = end;
        this.#finish();
      } else {
        if (arrival > ms) break;
        this.#now = arrival;
        this.#arrive();
      }
    }
    this.#now = ms;
  }

  open(worker: number): void {
    const server = this.#servers[worker];
    let slots = this.#options.slotsPerWorker;
    if (server === undefined) {
      this.#servers[worker] = { open: true, running: 0, parked: 0 };
    } else {
      if (server.open) return;
      server.open = true;
      this.#runningOnOpen += server.running;
      slots = server.parked;
      server.parked = 0;
    }
    for (; slots > 0; slots--) this.#free.push(worker);
    while (this.#queue.length > 0) {
      const free = this.#takeFree();
      if (free < 0) break;
      this.#startOldest(free);
    }
  }

  close(worker: number): number {
    const server = this.#servers[worker];
    if (server === undefined) return this.#now;
    if (server.open) {
      server.open = false;
      this.#runningOnOpen -= server.running;
    }
    return server.running === 0 ? this.#now : this.#heap.lastEndOf(worker);
  }

  remove(worker: number): number {
    const server = this.#servers[worker];
    if (server === undefined) return 0;
    this.#servers[worker] = undefined;
    this.#running -= server.running;
    if (server.open) this.#runningOnOpen -= server.running;
    if (server.running > 0) {
      const arrivals = this.#heap.removeAllOf(worker);
      if (this.#options.requeue) for (const arrived of arrivals) this.#queue.unshift(arrived, 1);
      else this.totals.lost += server.running;
      while (this.#queue.length > 0) {
        const free = this.#takeFree();
        if (free < 0) break;
        this.#startOldest(free);
      }
    }
    return server.running;
  }

  runningOn(worker: number): number {
    return this.#servers[worker]?.running ?? 0;
  }

  lateInQueue(): number {
    return this.#queue.countBefore(this.#now - this.#options.objectiveMs);
  }

  /** Time of the next arrival, or infinity while there is none up to `limit`. */
  #peekArrival(limit: number): number {
    if (this.#nextArrival !== Number.POSITIVE_INFINITY) return this.#nextArrival;
    for (;;) {
      const inPiece = (this.#pieceEnd - this.#cursor) * this.#rate;
      if (this.#exposure < inPiece) {
        this.#cursor += this.#exposure / this.#rate;
        this.#exposure = this.#arrivals.exponential();
        this.#nextArrival = this.#cursor;
        return this.#cursor;
      }
      if (this.#pieceEnd > limit) return Number.POSITIVE_INFINITY;
      this.#exposure -= inPiece;
      this.#cursor = this.#pieceEnd;
      this.#pieceEnd += this.#pieceMs;
      this.#rate = this.#rateAt(this.#cursor + this.#pieceMs / 2);
    }
  }

  #arrive(): void {
    this.#nextArrival = Number.POSITIVE_INFINITY;
    this.totals.arrived++;
    const worker = this.#queue.length > 0 ? -1 : this.#takeFree();
    if (worker < 0) this.#queue.push(this.#now, 1);
    else this.#start(worker, this.#now);
  }

  #finish(): void {
    const heap = this.#heap;
    const worker = heap.nextWorker;
    const server = this.#servers[worker] as Server;
    const totals = this.totals;
    totals.ended++;
    totals.serviceMs += this.#now - heap.nextStarted;
    totals.responseMs += this.#now - heap.nextArrived;
    const failureRatio = this.#options.jobFailureRatio;
    if (failureRatio > 0 && this.#failures.next() < failureRatio) totals.failed++;
    else totals.completed++;
    heap.pop();
    server.running--;
    this.#running--;
    if (!server.open) {
      server.parked++;
      return;
    }
    this.#runningOnOpen--;
    if (this.#queue.length > 0) this.#startOldest(worker);
    else this.#free.push(worker);
  }

  #startOldest(worker: number): void {
    const arrived = this.#queue.oldest;
    this.#queue.take(1);
    this.#start(worker, arrived);
  }

  #start(worker: number, arrived: number): void {
    const wait = this.#now - arrived;
    this.totals.started++;
    this.totals.waits.add(wait);
    if (wait > this.#options.objectiveMs) this.totals.late++;
    (this.#servers[worker] as Server).running++;
    this.#running++;
    this.#runningOnOpen++;
    this.#heap.push(this.#now + this.#options.service.sample(this.#services), worker, arrived, this.#now);
  }

  /** A worker with a free slot, or -1. */
  #takeFree(): number {
    for (;;) {
      const worker = this.#free.pop();
      if (worker === undefined) return -1;
      const server = this.#servers[worker];
      if (server === undefined) continue;
      if (server.open) return worker;
      server.parked++;
    }
  }
}
