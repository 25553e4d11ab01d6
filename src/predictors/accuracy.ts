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

const FORECASTS = 0;
const ERROR = 1;
const LAST_ERROR = 2;
const BIAS = 3;
const WITHIN = 4;
const SEASONAL = 5;
const SEASONAL_ERROR = 6;
export const TALLY_WIDTH = 7;

/** Counts how forecasts met their outcomes, in seven numbers of `state`, from `from` on. */
export class AccuracyTally {
  private readonly state: Float64Array;
  private readonly from: number;

  constructor(state: Float64Array = new Float64Array(TALLY_WIDTH), from = 0) {
    this.state = state;
    this.from = from;
  }

  get forecasts(): number {
    return this.state[this.from + FORECASTS] as number;
  }

  /** `yesterday` is NaN where it is not known. */
  add(outcome: number, expected: number, low: number, high: number, last: number, yesterday: number): void {
    const error = Math.abs(outcome - expected);
    this.count(FORECASTS, 1);
    this.count(ERROR, error);
    this.count(LAST_ERROR, Math.abs(outcome - last));
    this.count(BIAS, expected - outcome);
    if (outcome >= low && outcome <= high) this.count(WITHIN, 1);
    if (Number.isNaN(yesterday)) return;
    this.count(SEASONAL, error);
    this.count(SEASONAL_ERROR, Math.abs(outcome - yesterday));
  }

  report(horizonMs: number): ForecastAccuracy | undefined {
    const forecasts = this.forecasts;
    if (forecasts === 0) return undefined;
    const total = (slot: number): number => this.state[this.from + slot] as number;
    const lastError = total(LAST_ERROR);
    const seasonalError = total(SEASONAL_ERROR);
    return {
      horizonMs,
      forecasts,
      meanAbsoluteError: total(ERROR) / forecasts,
      maseLast: lastError > 0 ? total(ERROR) / lastError : 1,
      ...(seasonalError > 0 && { maseSeasonal: total(SEASONAL) / seasonalError }),
      bias: total(BIAS) / forecasts,
      coverageRatio: total(WITHIN) / forecasts,
    };
  }

  private count(slot: number, value: number): void {
    this.state[this.from + slot] = (this.state[this.from + slot] as number) + value;
  }
}
