import type { LoadPredictor } from '../core/forecast.ts';

export interface PredictorOptions {
  /** IANA time zone of the pool's days and weeks. Default UTC. */
  readonly timeZone?: string;
}

/** The default predictor. */
export function createPredictor(_options: PredictorOptions = {}): LoadPredictor {
  return {
    name: 'none-yet',
    observe(): void {},
    forecast(): undefined {
      return undefined;
    },
  };
}
