/** How well the forecasts of one horizon have met what came. */
export interface ForecastAccuracy {
  readonly horizonMs: number;
  /** Forecasts that met their outcome. */
  readonly forecasts: number;
  /** In workers. */
  readonly meanAbsoluteError: number;
  /** The error over that of "as now" (MASE: Hyndman and Koehler 2006). Below 1 is better. */
  readonly maseLast: number;
  /** The error over that of "as at this time yesterday"; absent before the second day. */
  readonly maseSeasonal?: number;
  /** Mean of forecast - outcome, in workers; positive = too high. */
  readonly bias: number;
  /** Share of outcomes within the interval from the 5% to the 95% bound. */
  readonly coverageRatio: number;
}

/** Counts how forecasts met their outcomes. */
export class AccuracyTally {
  private counts = {
    forecasts: 0,
    error: 0,
    lastError: 0,
    bias: 0,
    within: 0,
    seasonal: 0,
    seasonalError: 0,
  };

  get forecasts(): number {
    return this.counts.forecasts;
  }

  /** `yesterday` is NaN where it is not known. */
  add(outcome: number, expected: number, low: number, high: number, last: number, yesterday: number): void {
    const { counts } = this;
    const error = Math.abs(outcome - expected);
    counts.forecasts++;
    counts.error += error;
    counts.lastError += Math.abs(outcome - last);
    counts.bias += expected - outcome;
    if (outcome >= low && outcome <= high) counts.within++;
    if (Number.isNaN(yesterday)) return;
    counts.seasonal += error;
    counts.seasonalError += Math.abs(outcome - yesterday);
  }

  report(horizonMs: number): ForecastAccuracy | undefined {
    const { forecasts, error, lastError, bias, within, seasonal, seasonalError } = this.counts;
    if (forecasts === 0) return undefined;
    return {
      horizonMs,
      forecasts,
      meanAbsoluteError: error / forecasts,
      maseLast: lastError > 0 ? error / lastError : 1,
      ...(seasonalError > 0 && { maseSeasonal: seasonal / seasonalError }),
      bias: bias / forecasts,
      coverageRatio: within / forecasts,
    };
  }

  save(): Readonly<AccuracyTally['counts']> {
    return { ...this.counts };
  }

  restore(counts: Readonly<AccuracyTally['counts']>): void {
    this.counts = { ...counts };
  }
}
