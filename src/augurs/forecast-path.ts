import { STEP_MS } from './mean-ring.ts';

/** Forecasts of the means of the steps from `firstStep` on; between the middles of steps it is linear. */
export class ForecastPath {
  readonly #firstStep: number;
  readonly #values: Float64Array;

  constructor(firstStep: number, values: Float64Array) {
    this.#firstStep = firstStep;
    this.#values = values;
  }

  /** The forecast for a moment; the first one for what was before it, NaN for what is behind the end. */
  at(time: number): number {
    const position = Math.max(0, time / STEP_MS - 0.5 - this.#firstStep);
    const before = Math.floor(position);
    const value = this.#values[before] ?? Number.NaN;
    const rest = position - before;
    return rest === 0 ? value : value + rest * ((this.#values[before + 1] ?? Number.NaN) - value);
  }
}
