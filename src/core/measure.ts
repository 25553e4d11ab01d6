import { CountWindow } from './count-window.ts';
import { SlidingMax } from './history.ts';
import type { Instant } from './instant.ts';
import { Level } from './level.ts';
import type { PoolObservation } from './observation.ts';
import type { Demand, Flow } from './view.ts';

/** What a reading says about the load. */
export interface Measurement {
  readonly demand: Demand;
  readonly flow: Flow;
}

/** Assumed while nothing tells how long a job takes, ms. Only a queue's weight depends on it. */
const ASSUMED_SERVICE_MS = 500;
/** Half-life of the service time that is learned by Little's law, ms of observed time. */
const SERVICE_HALF_LIFE_MS = 4 * 3_600_000;
/** Time constant of the slow level, ms. */
const SLOW_MS = 10 * 60_000;
/** Smoothing of rates and ratios that only inform, ms. */
const FLOW_MS = 60_000;
/** Arrivals are counted over this time at most, however long a job takes, ms. */
const LONGEST_WINDOW_MS = 2 * 3_600_000;
/** Jobs after which a reported service time counts for 63%: a mean of a hundred is believed, one of two is not. */
const SERVICE_JOBS = 5;
/** A gap longer than this says nothing about rates within it; start afresh, ms. */
const LONGEST_GAP_MS = 30 * 60_000;

/**
 * Turns a pool's readings into its load: one per pool, fed once a tick.
 *
 * Load is *offered* load in busy-worker equivalents (erlangs): arrivals per second × service time ÷ slots. Where
 * the host reports running totals, arrivals are counted, and 15 s of 80 jobs/s at 0.5 s a job give 40 ± 1.2
 * erlangs; the number of busy workers at one moment would give 40 ± 6.3. Jobs that take longer than an interval are
 * counted over the time that one takes: 3 erlangs of 600 s are an arrival in 200 s, of which 15 s have none or all of
 * 40 erlangs, but 600 s have 3 ± 1.7. Without totals, what is served (busy)
 * plus what the queue grew by must do, smoothed accordingly: the level is a local-level Kalman filter (Harvey,
 * Forecasting, structural time series models and the Kalman filter, 1989, 2.2.1) whose measurement noise is that
 * of the counting, and whose process noise is learned from its own innovations.
 */
export class LoadMeter {
  private last: { reading: PoolObservation; monotonic: number } | undefined;
  private queueServing: number | undefined;
  private queueGrowth = 0;
  private busySeconds = 0;
  private jobsDone = 0;
  private readonly arrivedLately: CountWindow = new CountWindow();
  /** Busy-worker equivalents in the pool when the window began. */
  private atBegin = 0;
  private reportedMs: number | undefined;
  private jobsReported = 0;
  private readonly level: Level = new Level();
  private slow = 0;
  private lastNow = 0;
  private lastStep = 0;
  private dispersion = 0.7;
  private measured = 0;
  private arrivals: number | undefined;
  private completions: number | undefined;
  private errors: number | undefined;
  private gapVariation: number | undefined;
  private readonly peak: SlidingMax = new SlidingMax();

  /**
   * Learns from one full reading. `windowMs` is how far `recentPeak` looks back: the time that a start takes now,
   * plus one interval.
   */
  observe(reading: PoolObservation, at: Instant, windowMs: number): Measurement {
    const slots = reading.slotsPerWorker ?? 1;
    const before = this.last;
    this.last = { reading, monotonic: at.monotonic };
    const elapsedMs = before === undefined ? 0 : at.monotonic - before.monotonic;
    const known = before !== undefined && elapsedMs > 0 && elapsedMs <= LONGEST_GAP_MS;

    const arrived = known ? arrivedBetween(before.reading, reading) : undefined;
    const completed = known ? completedBetween(before.reading, reading, arrived) : undefined;
    if (known && completed !== undefined) {
      this.learnService(((before.reading.busy + reading.busy) / 2) * slots, completed, elapsedMs);
    } else if (known) this.learnFromQueue(before.reading, reading, slots, elapsedMs);
    if (known) this.learnReported(reading, before.reading, completed, elapsedMs);
    const serviceMs = this.serviceMs(reading);
    const assumedMs = serviceMs ?? ASSUMED_SERVICE_MS;

    if (!known) this.arrivedLately.clear();
    let now = reading.busy;
    let counted = false;
    if (known) {
      if (arrived === undefined) this.arrivedLately.clear();
      else this.count(arrived, before.reading, elapsedMs, serviceMs);
      if (arrived !== undefined && serviceMs !== undefined) {
        now = this.offered(serviceMs, slots);
        counted = true;
      } else {
        // A job that takes longer than the interval needs one worker, and not several that are done within it.
        const perJob = assumedMs / slots / Math.max(elapsedMs, assumedMs);
        now = Math.max(0, reading.busy + (reading.queued - before.reading.queued) * perJob);
      }
    } else if (reading.queued > 0) {
      now = reading.busy + Math.min(reading.queued / slots, Math.max(1, reading.ready));
    }
    const fast = this.level.add(now, known ? elapsedMs : 0);
    this.measured++;
    // A plain mean until the time constant has passed, so that the first reading is not over-weighted.
    this.slow += Math.max(1 / this.measured, ewma(elapsedMs, SLOW_MS)) * (now - this.slow);
    if (known) this.learnFlow(before.reading, reading, arrived, completed, elapsedMs);

    return {
      demand: {
        now,
        fast,
        slow: this.slow,
        spread: this.level.spread,
        recentPeak: this.peak.push(at.monotonic, fast, windowMs),
        backlogSeconds: (reading.queued * assumedMs) / 1_000 / slots,
        ...(!counted && { noise: this.samplingNoise(now, fast) }),
      },
      flow: this.flow(reading, serviceMs),
    };
  }

  /** Forgets everything, e.g. when the pool's jobs are no longer what they were. */
  reset(): void {
    Object.assign(this, new LoadMeter());
  }

  /** Counts arrivals as far back as a job takes. */
  private count(
    arrived: number,
    before: PoolObservation,
    elapsedMs: number,
    serviceMs = LONGEST_WINDOW_MS,
  ): void {
    if (this.arrivedLately.isEmpty) this.atBegin = inSystem(before) / (before.slotsPerWorker ?? 1);
    this.arrivedLately.add(elapsedMs, arrived, Math.min(serviceMs, LONGEST_WINDOW_MS));
  }

  /**
   * Load by the arrivals of the window. While it does not reach back for as long as a job takes, what was there when it
   * began stands for what had arrived before.
   */
  private offered(serviceMs: number, slots: number): number {
    const { count, spanMs, hasMoved } = this.arrivedLately;
    const windowMs = Math.min(serviceMs, LONGEST_WINDOW_MS);
    if (hasMoved || spanMs >= windowMs) return count * (serviceMs / slots / spanMs);
    return count * (serviceMs / slots / windowMs) + this.atBegin * (1 - spanMs / windowMs);
  }

  /** The service time that the host reports, each report by the number of jobs that ended since the one before. */
  private learnReported(
    reading: PoolObservation,
    before: PoolObservation,
    completed: number | undefined,
    elapsedMs: number,
  ): void {
    const reportedMs = reported(reading);
    if (reportedMs === undefined) return;
    const slots = reading.slotsPerWorker ?? 1;
    const jobs = completed ?? (((before.busy + reading.busy) / 2) * slots * elapsedMs) / reportedMs;
    this.jobsReported += jobs;
    if (this.jobsReported === 0) return;
    const weight = Math.max(jobs / this.jobsReported, 1 - Math.exp(-jobs / SERVICE_JOBS));
    this.reportedMs = blend(this.reportedMs, reportedMs, weight);
  }

  /**
   * Variance of the number of busy workers at one moment around the load: what neighbouring readings do not share.
   * Of a level plus independent noise, the differences d of neighbours have cov(d, d') = -(variance of the noise).
   */
  private samplingNoise(now: number, level: number): number {
    const step = now - this.lastNow;
    const shared = (step * this.lastStep) / (1 + level);
    this.lastNow = now;
    this.lastStep = step;
    if (this.measured > 2) {
      this.dispersion += Math.max(0.005, 1 / (this.measured + 20)) * (Math.min(3, -shared) - this.dispersion);
    }
    return Math.min(1, Math.max(0, this.dispersion)) * (1 + level);
  }

  /** Little's law over a fading window: mean service time = busy time ÷ jobs done. */
  private learnService(busySlots: number, completed: number, elapsedMs: number): void {
    const keep = 0.5 ** (elapsedMs / SERVICE_HALF_LIFE_MS);
    this.busySeconds = this.busySeconds * keep + (busySlots * elapsedMs) / 1_000;
    this.jobsDone = this.jobsDone * keep + completed;
  }

  /**
   * Without totals a queue still tells how long jobs take when workers join or leave while it stands: with arrivals
   * as before, each worker more takes 1/S jobs a second off the queue's growth. From 1 to 24 workers, growth from
   * +25 to -28 jobs a second: S = 23 / 53 = 0.43 s.
   */
  private learnFromQueue(
    before: PoolObservation,
    after: PoolObservation,
    slots: number,
    elapsedMs: number,
  ): void {
    const stands = before.queued > 0 && after.queued > 0;
    const serving = ((before.busy + after.busy) / 2) * slots;
    const growth = ((after.queued - before.queued) / elapsedMs) * 1_000;
    if (stands && this.queueServing !== undefined) {
      const joined = serving - this.queueServing;
      const relief = this.queueGrowth - growth;
      if (Math.abs(joined) >= Math.max(1, 0.2 * serving) && joined * relief > 0) {
        this.busySeconds += joined * joined;
        this.jobsDone += joined * relief;
      }
    }
    this.queueServing = stands ? serving : undefined;
    this.queueGrowth = growth;
  }

  private serviceMs(reading: PoolObservation): number | undefined {
    const reportedMs = reported(reading);
    if (reportedMs !== undefined) return this.reportedMs ?? reportedMs;
    if (this.jobsDone < 1 || this.busySeconds <= 0) return undefined;
    return (this.busySeconds / this.jobsDone) * 1_000;
  }

  private learnFlow(
    before: PoolObservation,
    reading: PoolObservation,
    arrived: number | undefined,
    completed: number | undefined,
    elapsedMs: number,
  ): void {
    const weight = ewma(elapsedMs, FLOW_MS);
    const seconds = elapsedMs / 1_000;
    if (arrived !== undefined) {
      const expected = this.arrivals === undefined ? undefined : this.arrivals * seconds;
      this.arrivals = blend(this.arrivals, arrived / seconds, weight);
      // Dispersion of counts: variance ÷ mean, 1 for Poisson; the limit of the gaps' squared variation.
      if (expected !== undefined && expected >= 1) {
        const dispersion = (arrived - expected) ** 2 / expected;
        this.gapVariation = blend(this.gapVariation ?? 1, dispersion, ewma(elapsedMs, SLOW_MS));
      }
    }
    if (completed !== undefined) this.completions = blend(this.completions, completed / seconds, weight);
    const failed = grown(before.failed, reading.failed);
    if (failed !== undefined && completed !== undefined && failed + completed > 0) {
      this.errors = blend(this.errors, failed / (failed + completed), weight);
    }
  }

  private flow(reading: PoolObservation, serviceMs: number | undefined): Flow {
    const flow: { -readonly [K in keyof Flow]: Flow[K] } = {};
    if (this.arrivals !== undefined) flow.arrivalsPerSecond = this.arrivals;
    if (this.completions !== undefined) flow.completionsPerSecond = this.completions;
    if (this.errors !== undefined) flow.errorRatio = this.errors;
    if (serviceMs !== undefined) flow.serviceTimeMs = serviceMs;
    if (reading.waitTimeMs !== undefined) flow.waitTimeMs = reading.waitTimeMs;
    if (reading.responseTimeMs !== undefined) flow.responseTimeMs = reading.responseTimeMs;
    if (this.gapVariation !== undefined) flow.arrivalVariation = this.gapVariation;
    return flow;
  }
}

/** The service time as the host reports it. */
function reported({ serviceTimeMs, responseTimeMs, waitTimeMs }: PoolObservation): number | undefined {
  if (serviceTimeMs !== undefined && serviceTimeMs > 0) return serviceTimeMs;
  if (responseTimeMs === undefined || waitTimeMs === undefined || responseTimeMs <= waitTimeMs)
    return undefined;
  return responseTimeMs - waitTimeMs;
}

/** Weight of a new value after `elapsedMs` in a mean that forgets with time constant `constantMs`. */
function ewma(elapsedMs: number, constantMs: number): number {
  return 1 - Math.exp(-elapsedMs / constantMs);
}

function blend(old: number | undefined, value: number, weight: number): number {
  return old === undefined ? value : old + weight * (value - old);
}

/** Growth of a running total; `undefined` when it is not reported or ran back (the host restarted). */
function grown(before: number | undefined, after: number | undefined): number | undefined {
  if (before === undefined || after === undefined || after < before) return undefined;
  return after - before;
}

/** Jobs in the system by any account: waiting or in service. */
function inSystem(reading: PoolObservation): number {
  return reading.queued + reading.busy * (reading.slotsPerWorker ?? 1);
}

/** Jobs that arrived between two readings: counted, or what ended plus what the pool holds more. */
function arrivedBetween(before: PoolObservation, after: PoolObservation): number | undefined {
  const arrived = grown(before.arrived, after.arrived);
  if (arrived !== undefined) return arrived;
  if (before.arrived !== undefined) return undefined;
  const completed = grown(before.completed, after.completed);
  if (completed === undefined) return undefined;
  const failed = grown(before.failed, after.failed) ?? 0;
  return Math.max(0, completed + failed + inSystem(after) - inSystem(before));
}

/** Jobs that ended between two readings: counted, or what arrived less what the pool holds more. */
function completedBetween(
  before: PoolObservation,
  after: PoolObservation,
  arrived: number | undefined,
): number | undefined {
  const completed = grown(before.completed, after.completed);
  if (completed !== undefined) return completed + (grown(before.failed, after.failed) ?? 0);
  if (before.completed !== undefined || arrived === undefined) return undefined;
  return Math.max(0, arrived - inSystem(after) + inSystem(before));
}
