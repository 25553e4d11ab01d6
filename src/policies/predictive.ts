import type { Proposal } from '../core/decision.ts';
import { figure, percent, workers } from '../core/format.ts';
import { checkKnown, checkNumber } from './check-options.ts';
import { isNegligible, wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';

export interface PredictiveOptions {
  /** Below this confidence a forecast advises only. 0..1; default: the view's (from the controller's options), else 0.8. */
  readonly confidenceThreshold?: number;
}

/** A size that leaves one typical error of headroom is let be; only below it the floor rises. */
const LEAST_HEADROOM = 1;

/**
 * A floor from the forecast: the demand that will not be exceeded, with the forecast's upper probability, before
 * workers ordered now are ready; less, where less headroom has been found to pay on this pool (`view.headroom`). It can
 * only raise a size; what measured load needs stays with the targets. A size that is merely a little short of the bound
 * is kept, so that the floor does not follow every wiggle of the forecast.
 */
export function predictive(options: PredictiveOptions = {}): Policy {
  checkKnown(options, ['confidenceThreshold']);
  checkNumber(
    'confidenceThreshold',
    options.confidenceThreshold,
    'must be 0 to 1',
    (is) => is >= 0 && is <= 1,
  );
  return {
    name: 'predictive',
    propose({ forecast, now, size, confidenceThreshold, headroom }): Proposal | undefined {
      const threshold = options.confidenceThreshold ?? confidenceThreshold ?? 0.8;
      if (forecast === undefined || forecast.confidence < threshold) return undefined;
      const { peak, peakAt, highQuantile, confidence, mean, spread, expectedPeak = mean } = forecast;
      // Nothing is expected: a pool that may sleep is woken by work.
      if (isNegligible(Math.max(mean, expectedPeak))) return undefined;
      const pays = headroom === undefined || spread === undefined ? peak : mean + headroom.grow * spread;
      const bound = wholeWorkers(Math.min(peak, pays));
      const leastHeadroom = headroom?.least ?? LEAST_HEADROOM;
      const least = spread === undefined ? bound : Math.min(bound, mean + leastHeadroom * spread);
      const floor = size < least ? bound : Math.min(size, bound);
      const seconds = Math.max(0, Math.round((peakAt - now) / 1_000));
      const expectation =
        pays < peak
          ? `${figure(mean)} ± ${figure(spread ?? 0)} expected in ${seconds} s`
          : `up to ${figure(peak)} expected in ${seconds} s (${percent(highQuantile)} bound)`;
      return {
        kind: 'floor',
        size: floor,
        reason: `${expectation}, confidence ${figure(confidence)}: at least ${workers(floor)}`,
        confidence,
      };
    },
  };
}
