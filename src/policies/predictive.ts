import type { Proposal } from '../core/decision.ts';
import type { Policy } from './policy.ts';

export interface PredictiveOptions {
  /** Below this confidence a forecast advises only. 0..1, default 0.8. */
  readonly confidenceThreshold?: number;
}

/**
 * A floor from the forecast: the demand that will not be exceeded, with the forecast's upper probability, before
 * workers ordered now are ready. It can only raise a size; what measured load needs stays with the target.
 */
export function predictive(options: PredictiveOptions = {}): Policy {
  const threshold = options.confidenceThreshold ?? 0.8;
  return {
    name: 'predictive',
    propose({ forecast, now }): Proposal | undefined {
      if (forecast === undefined || forecast.confidence < threshold) return undefined;
      const size = Math.ceil(forecast.peak);
      const seconds = Math.max(0, Math.round((forecast.peakAt - now) / 1_000));
      const likely = Math.round(forecast.highQuantile * 100);
      return {
        kind: 'floor',
        size,
        reason: `demand up to ${forecast.peak.toFixed(1)} is expected in ${seconds} s (${likely}% upper bound, confidence ${forecast.confidence.toFixed(2)}): at least ${size} workers`,
        confidence: forecast.confidence,
      };
    },
  };
}
