import { InvalidOptionError } from '../errors.ts';
import { atLeast, positive } from './check.ts';
import type { Random } from './random.ts';

/** How long something takes. All in milliseconds. */
export interface Distribution {
  /** For people: `exponential(500 ms)`. */
  readonly name: string;
  readonly meanMs: number;
  /** Squared coefficient of variation, variance / mean²: 0 = constant, 1 = exponential. */
  readonly variation: number;
  sample(random: Random): number;
}

/** Always `ms`. */
export function constant(ms: number): Distribution {
  atLeast('ms', ms, 0);
  return { name: `constant(${ms} ms)`, meanMs: ms, variation: 0, sample: () => ms };
}

/** Memoryless: many short ones, some long; variation 1. */
export function exponential(meanMs: number): Distribution {
  positive('meanMs', meanMs);
  return {
    name: `exponential(${meanMs} ms)`,
    meanMs,
    variation: 1,
    sample: (random) => random.exponential(meanMs),
  };
}

/** Evenly between `lowMs` and `highMs`. */
export function uniform(lowMs: number, highMs: number): Distribution {
  atLeast('lowMs', lowMs, 0);
  if (!(Number.isFinite(highMs) && highMs > lowMs)) {
    throw new InvalidOptionError('highMs', `must be above lowMs (${lowMs})`, highMs);
  }
  const meanMs = (lowMs + highMs) / 2;
  return {
    name: `uniform(${lowMs}–${highMs} ms)`,
    meanMs,
    variation: (highMs - lowMs) ** 2 / 12 / meanMs ** 2,
    sample: (random) => lowMs + (highMs - lowMs) * random.next(),
  };
}

/** Gamma: variation below 1 gathers around the mean, above 1 spreads further than exponential. */
export function gamma(meanMs: number, variation: number): Distribution {
  positive('meanMs', meanMs);
  positive('variation', variation);
  return {
    name: `gamma(${meanMs} ms, variation ${variation})`,
    meanMs,
    variation,
    sample: (random) => random.gamma(1 / variation, meanMs * variation),
  };
}

/** Lognormal: a heavy tail, as measured service and start-up times often have. */
export function lognormal(meanMs: number, variation: number): Distribution {
  positive('meanMs', meanMs);
  positive('variation', variation);
  // variance/mean² = exp(σ²) - 1 and mean = exp(µ + σ²/2), solved for σ and µ.
  const sigma = Math.sqrt(Math.log(1 + variation));
  const mu = Math.log(meanMs) - (sigma * sigma) / 2;
  return {
    name: `lognormal(${meanMs} ms, variation ${variation})`,
    meanMs,
    variation,
    sample: (random) => Math.exp(mu + sigma * random.normal()),
  };
}

/** A plain number of milliseconds stands for a constant. */
export function toDistribution(field: string, given: number | Distribution): Distribution {
  if (typeof given !== 'number') return given;
  if (!(Number.isFinite(given) && given >= 0)) {
    throw new InvalidOptionError(field, 'must be a number of ms of at least 0, or a distribution', given);
  }
  return constant(given);
}
