import type { Forecast } from '../core/forecast.ts';
import type { PoolView } from '../core/view.ts';
import type { PredictionEvent } from '../events.ts';

/** Forecasts that wait for their actual. A slow start (10 min) on the default interval (15 s) makes 41. */
const MOST_PENDING = 512;

/**
 * Keeps one pool's forecasts until the moment that they are about, and tells how they met what came. The actual is
 * the demand of the first full reading at or after that moment; a forecast whose moment passed unseen (no reading
 * within one interval and a half) is dropped, as nobody knows what it missed.
 */
export class ForecastLedger {
  readonly #pending: Forecast[] = [];

  /** The forecasts that this view settles, oldest first. */
  settle(view: PoolView): PredictionEvent[] {
    const met: PredictionEvent[] = [];
    if (view.quality !== 'full') return met;
    const oldest = view.now - 1.5 * view.intervalMs;
    let due = 0;
    for (const forecast of this.#pending) {
      const dueAt = forecast.at + forecast.horizonMs;
      if (dueAt > view.now) break;
      due++;
      if (dueAt >= oldest) met.push(meet(forecast, view));
    }
    if (due > 0) this.#pending.splice(0, due);
    return met;
  }

  /** Adds the forecast of this tick. */
  add(forecast: Forecast): void {
    const last = this.#pending[this.#pending.length - 1];
    // A start-up time that shrank: the new forecast is about an earlier moment than the last, which it replaces.
    if (last !== undefined && last.at + last.horizonMs >= forecast.at + forecast.horizonMs) {
      this.#pending.pop();
    }
    this.#pending.push(forecast);
    if (this.#pending.length > MOST_PENDING) this.#pending.shift();
  }
}

function meet(forecast: Forecast, view: PoolView): PredictionEvent {
  const actual = view.demand.now;
  const { mean, low, high, horizonMs, confidence, model } = forecast;
  const larger = Math.max(mean, actual);
  return {
    pool: view.pool,
    at: view.now,
    horizonMs,
    predicted: mean,
    low,
    high,
    actual,
    covered: actual <= high,
    within: actual >= low && actual <= high,
    score: larger > 0 ? Math.max(0, 1 - Math.abs(mean - actual) / larger) : 1,
    confidence,
    model,
  };
}
