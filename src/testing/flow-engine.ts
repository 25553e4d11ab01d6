import { BatchQueue } from './batch-queue.ts';
import type { Distribution } from './distributions.ts';
import { arrivalRate, type JobEngine, type JobEngineOptions, JobTotals } from './job-engine.ts';
import type { Random } from './random.ts';
import { StepSampler } from './step-sampler.ts';

interface ClosedWorker {
  readonly worker: number;
  /** Jobs that it ran when it closed; its slots are theirs until `idleStep`. */
  readonly jobs: number;
  readonly idleStep: number;
}

/** Above this many jobs per possible duration, drawing shares is quicker than drawing jobs. */
const JOBS_PER_SHARE = 4;

/**
 * Jobs in batches: those that arrive within one step start, wait and end together. Counts are whole and random
 * (Poisson arrivals, multinomial ends), order is first in, first out, waits are known to one step. For constant
 * service times and a step that divides them the numbers in the system are exact at the ends of the steps, by
 * Crommelin's argument ("Delay probability formulae when the holding times are constant", 1932): what is served
 * one service time later is what was in service or waited now.
 *
 * Single workers are not followed: the running jobs are laid on the open workers, the oldest first.
 */
export class FlowEngine implements JobEngine {
  readonly totals: JobTotals = new JobTotals();
  readonly #options: JobEngineOptions;
  readonly #rateAt: (ms: number) => number;
  readonly #stepMs: number;
  readonly #sampler: StepSampler;
  readonly #arrivals: Random;
  readonly #services: Random;
  readonly #drains: Random;
  readonly #failures: Random;
  /** Times in it are steps. */
  readonly #queue = new BatchQueue();
  /** Jobs that end in each of the coming steps. */
  readonly #ends: Float64Array;
  readonly #open: number[] = [];
  #closed: ClosedWorker[] = [];
  /** Slots of closed workers whose jobs still run. */
  #leaving = 0;
  #running = 0;
  #step = 0;
  #now = 0;

  /** @param stepMs Default: see `flowStep`. */
  constructor(options: JobEngineOptions, stepMs: number = flowStep(options.service)) {
    this.#options = options;
    this.#rateAt = arrivalRate(options);
    this.#stepMs = stepMs;
    this.#sampler = new StepSampler(options.service, stepMs);
    this.#ends = new Float64Array(this.#sampler.longest + 1);
    this.#arrivals = options.random.stream(0);
    this.#services = options.random.stream(1);
    this.#failures = options.random.stream(2);
    this.#drains = options.random.stream(3);
  }

  get queued(): number {
    return this.#queue.length;
  }

  get running(): number {
    return this.#running;
  }

  get runningOnOpen(): number {
    return Math.min(this.#openSlots, Math.max(0, this.#running - this.#leaving));
  }

  get #openSlots(): number {
    return this.#open.length * this.#options.slotsPerWorker;
  }

  advanceTo(ms: number): void {
    this.#now = ms;
    const steps = Math.floor(ms / this.#stepMs + 1e-9);
    while (this.#step < steps) this.#play();
  }

  open(worker: number): void {
    if (this.#open.includes(worker)) return;
    this.#forgetClosed(worker);
    this.#open.push(worker);
  }

  close(worker: number): number {
    const position = this.#open.indexOf(worker);
    if (position < 0) {
      const closed = this.#closed.find((other) => other.worker === worker);
      return Math.max(this.#now, (closed?.idleStep ?? 0) * this.#stepMs);
    }
    const jobs = this.runningOn(worker);
    this.#open.splice(position, 1);
    if (jobs === 0) return this.#now;
    let longest = 0;
    for (let i = 0; i < jobs; i++) longest = Math.max(longest, residual(this.#options.service, this.#drains));
    const idleStep = Math.max(this.#step + 1, Math.ceil((this.#now + longest) / this.#stepMs));
    this.#closed.push({ worker, jobs, idleStep });
    this.#leaving += jobs;
    return idleStep * this.#stepMs;
  }

  remove(worker: number): number {
    const jobs = this.runningOn(worker);
    const position = this.#open.indexOf(worker);
    if (position >= 0) this.#open.splice(position, 1);
    this.#forgetClosed(worker);
    for (let i = 0; i < jobs; i++) this.#interrupt();
    return jobs;
  }

  runningOn(worker: number): number {
    const slots = this.#options.slotsPerWorker;
    const position = this.#open.indexOf(worker);
    if (position >= 0) return Math.min(slots, Math.max(0, this.runningOnOpen - position * slots));
    const closed = this.#closed.find((other) => other.worker === worker);
    return closed === undefined ? 0 : Math.min(closed.jobs, this.#running);
  }

  lateInQueue(): number {
    return this.#queue.countBefore(this.#step - this.#options.objectiveMs / this.#stepMs);
  }

  /** One step: jobs end, jobs arrive, jobs start (at the step's end). */
  #play(): void {
    const at = this.#step % this.#ends.length;
    this.#end(this.#ends[at] as number);
    this.#ends[at] = 0;
    const arrived = this.#arrivals.poisson(this.#rateAt((this.#step + 0.5) * this.#stepMs) * this.#stepMs);
    if (arrived > 0) {
      this.totals.arrived += arrived;
      this.#queue.push(this.#step, arrived);
    }
    if (this.#closed.length > 0) this.#releaseClosed();
    const slots = this.#openSlots + this.#leaving;
    while (this.#queue.length > 0 && this.#running < slots) {
      const count = Math.min(slots - this.#running, this.#queue.oldestCount);
      this.#wait(count, (this.#step - this.#queue.oldest) * this.#stepMs);
      this.#queue.take(count);
      this.#start(count);
    }
    this.#step++;
  }

  #wait(count: number, waitMs: number): void {
    const totals = this.totals;
    totals.started += count;
    totals.waits.add(waitMs, count);
    totals.responseMs += waitMs * count;
    if (waitMs === 0) return;
    // The batch arrived over a whole step, so its waits spread over one: the part beyond the objective is late.
    const beyond = (waitMs - this.#options.objectiveMs) / this.#stepMs + 0.5;
    if (beyond > 0) totals.late += count * Math.min(1, beyond);
  }

  #start(count: number): void {
    const sampler = this.#sampler;
    if (sampler.fixed !== undefined) {
      this.#endIn(sampler.fixed, count);
    } else if (count <= JOBS_PER_SHARE * sampler.longest) {
      for (let i = 0; i < count; i++) this.#endIn(sampler.one(this.#services), 1);
    } else {
      // A multinomial, drawn as one binomial after another.
      let left = count;
      let shareLeft = 1;
      for (let steps = 0; steps <= sampler.longest && left > 0; steps++) {
        const share = sampler.shares[steps] as number;
        const ending = steps === sampler.longest ? left : this.#services.binomial(left, share / shareLeft);
        if (ending > 0) this.#endIn(steps, ending);
        left -= ending;
        shareLeft -= share;
      }
    }
  }

  #endIn(steps: number, count: number): void {
    // A job of less than a step may end in the very step that it starts in.
    if (steps === 0) {
      this.#running += count;
      this.#end(count);
      return;
    }
    this.#running += count;
    const at = (this.#step + steps) % this.#ends.length;
    this.#ends[at] = (this.#ends[at] as number) + count;
  }

  #end(count: number): void {
    if (count === 0) return;
    const totals = this.totals;
    const failed = this.#failures.binomial(count, this.#options.jobFailureRatio);
    totals.failed += failed;
    totals.completed += count - failed;
    totals.ended += count;
    totals.serviceMs += count * this.#options.service.meanMs;
    totals.responseMs += count * this.#options.service.meanMs;
    this.#running -= count;
  }

  #releaseClosed(): void {
    for (const { worker, idleStep } of [...this.#closed])
      if (idleStep <= this.#step + 1) this.#forgetClosed(worker);
  }

  #forgetClosed(worker: number): void {
    const closed = this.#closed.find((other) => other.worker === worker);
    if (closed === undefined) return;
    this.#leaving -= closed.jobs;
    this.#closed = this.#closed.filter((other) => other !== closed);
  }

  /** One running job, any of them, is cut off. */
  #interrupt(): void {
    if (this.#running <= 0) return;
    let index = Math.floor(this.#drains.next() * this.#running);
    for (let at = 0; at < this.#ends.length; at++) {
      const count = this.#ends[at] as number;
      if (index < count) {
        this.#ends[at] = count - 1;
        break;
      }
      index -= count;
    }
    this.#running--;
    if (this.#options.requeue) this.#queue.unshift(this.#step, 1);
    else this.totals.lost++;
  }
}

/**
 * The step that fits a service time: the time itself where that is between 100 ms and 1 s, the largest fraction
 * of it (1/2, 1/3, …) below 1 s where it is longer, and 100 ms where it is shorter.
 */
export function flowStep(service: Distribution, atMostMs = 1000): number {
  return Math.max(service.meanMs / Math.ceil(service.meanMs / atMostMs), Math.min(100, atMostMs));
}

/** Time that a job met in the middle still runs: mean service × (1 + variation) / 2 (renewal theory). */
function residual(service: Distribution, random: Random): number {
  return random.next() * service.sample(random) * (1 + service.variation);
}
