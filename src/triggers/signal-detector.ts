import { figure, percent } from '../core/format.ts';
import type { Instant } from '../core/instant.ts';
import type { PoolObservation } from '../core/observation.ts';
import type { ErrorRateSignal, LoadSpikeSignal, RateLimitSignal, Signal } from '../core/signal.ts';
import type { PoolView } from '../core/view.ts';
import type { ResolvedSignalOptions } from './signal-options.ts';

/** A jump of demand by less than this many standard deviations of a Poisson load is no spike. */
const SIGNIFICANT = 3;
/** Time constant of the usual error ratio, ms. */
const USUAL_ERRORS_MS = 30 * 60_000;
/** … while it is alarming, ms. */
const FAILURE_USUAL_MS = 6 * 60 * 60_000;
/** Readings further apart than this say nothing about what happened between them, ms. */
const LONGEST_GAP_MS = 10 * 60_000;

const NONE: readonly Signal[] = [];

/**
 * Raises from what is seen of one pool the signals that a host would raise. Fed once a tick; it raises a signal again in
 * every tick in which its cause lasts, so that the signal ends some time after its cause.
 */
export class SignalDetector {
  readonly #options: ResolvedSignalOptions;
  #before: { readonly backlogSeconds: number; readonly monotonic: number } | undefined;
  #usualErrors: number | undefined;
  #errorsSeenAt = 0;

  constructor(options: ResolvedSignalOptions) {
    this.#options = options;
  }

  /** @param rateLimit as the pool's last observation has it */
  detect(view: PoolView, rateLimit: PoolObservation['rateLimit'], at: Instant): readonly Signal[] {
    if (view.quality !== 'full') return NONE;
    const spike = this.#spike(view, at);
    const limited = rateLimit === undefined ? undefined : this.#rateLimit(view, rateLimit);
    const failing = this.#errors(view, at);
    if (spike === undefined && limited === undefined && failing === undefined) return NONE;
    return [spike, limited, failing].filter((signal) => signal !== undefined);
  }

  /**
   * Score = (utilisation + queue growth) / 2, where a growth of 1 adds as much waiting work as the pool can do. So 0.7
   * is a busy pool that gets 1.4 times the work that it can do, and 0.9 one that gets 1.8 times of it. Work, and not jobs:
   * a thousand jobs of a millisecond are no spike. That demand stands out from the usual is a condition, as a queue in
   * front of one worker grows by chance.
   */
  #spike(view: PoolView, { monotonic }: Instant): LoadSpikeSignal | undefined {
    const { demand, pool } = view;
    const before = this.#before;
    this.#before = { backlogSeconds: demand.backlogSeconds, monotonic };
    const elapsedMs = monotonic - (before?.monotonic ?? monotonic);
    if (before === undefined || elapsedMs <= 0 || elapsedMs > LONGEST_GAP_MS) return undefined;
    const grown = (demand.backlogSeconds - before.backlogSeconds) / (elapsedMs / 1000);
    const growth = Math.min(1, Math.max(0, grown / Math.max(1, view.ready)));
    const utilization = view.ready > 0 ? view.utilization : Math.min(1, view.queued);
    const score = (utilization + growth) / 2;
    const usual = demand.slow;
    const stands = demand.now - usual >= SIGNIFICANT * Math.sqrt(Math.max(1, usual));
    if (score < this.#options.spikeThreshold || !stands) return undefined;
    return {
      type: 'load-spike',
      pool,
      magnitude: score,
      emergency: score >= this.#options.emergencyThreshold,
      expectedDemand: Math.max(demand.now, demand.fast),
      reason: `load spike: ${percent(utilization)} busy, the queue grows by ${figure(Math.max(0, grown))} workers' work`,
    };
  }

  #rateLimit(
    { pool }: PoolView,
    { current, limit }: NonNullable<PoolObservation['rateLimit']>,
  ): RateLimitSignal | undefined {
    if (limit <= 0 || current / limit <= this.#options.throttleRatio) return undefined;
    return { type: 'rate-limit', pool, current, limit };
  }

  /** The first reading is taken as usual. Failure becomes usual as well, but slowly: an outage of an hour stays one. */
  #errors({ pool, flow }: PoolView, { monotonic }: Instant): ErrorRateSignal | undefined {
    const { errorRatio } = flow;
    if (errorRatio === undefined) return undefined;
    const usual = this.#usualErrors ?? errorRatio;
    const alarming = errorRatio >= this.#options.errorRatio && errorRatio > this.#options.errorFactor * usual;
    const elapsedMs = Math.min(LONGEST_GAP_MS, monotonic - this.#errorsSeenAt);
    const weight = 1 - Math.exp(-elapsedMs / (alarming ? FAILURE_USUAL_MS : USUAL_ERRORS_MS));
    this.#errorsSeenAt = monotonic;
    this.#usualErrors = usual + weight * (errorRatio - usual);
    return alarming ? { type: 'error-rate', pool, errorRatio } : undefined;
  }
}
