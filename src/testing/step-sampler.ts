import type { Distribution } from './distributions.ts';
import { Random } from './random.ts';

const SAMPLES = 16_384;

/**
 * A service time, told in whole steps: how many steps a job lasts, rounded up or down at random so that the mean
 * stays exact, and first drawn together around it so that the variance does too (rounding adds some).
 */
export class StepSampler {
  /** Most steps that a job lasts. */
  readonly longest: number;
  /** Set where every job lasts the same number of steps. */
  readonly fixed: number | undefined;
  /** Share of the jobs that last 0, 1, 2, … steps. */
  readonly shares: Float64Array;
  /** Walker's alias tables (Vose, 1991): one random number draws one job's steps. */
  readonly #keep: Float64Array;
  readonly #alias: Int32Array;

  constructor(service: Distribution, stepMs: number) {
    this.shares = sharesOf(service, stepMs);
    this.longest = this.shares.length - 1;
    this.fixed = this.shares[this.longest] === 1 ? this.longest : undefined;
    [this.#keep, this.#alias] = aliasTables(this.shares);
  }

  /** Steps that one job lasts. */
  one(random: Random): number {
    const at = random.next() * this.#keep.length;
    const index = Math.floor(at);
    return at - index < (this.#keep[index] as number) ? index : (this.#alias[index] as number);
  }
}

function sharesOf(service: Distribution, stepMs: number): Float64Array {
  const mean = service.meanMs / stepMs;
  if (service.variation === 0) return round(Float64Array.of(mean), mean, 1).shares;
  const random = new Random(0x5eed);
  const samples = new Float64Array(SAMPLES);
  for (let i = 0; i < SAMPLES; i++) samples[i] = service.sample(random) / stepMs;
  const sampled = samples.reduce((sum, x) => sum + x, 0) / SAMPLES;
  let variance = 0;
  for (let i = 0; i < SAMPLES; i++) {
    samples[i] = ((samples[i] as number) * mean) / sampled;
    variance += ((samples[i] as number) - mean) ** 2 / SAMPLES;
  }
  const wanted = service.variation * mean * mean;
  let pull = 1;
  let rounded = round(samples, mean, pull);
  // Four turns of a fixed point; the rounding's own variance (at most 1/4) hardly depends on the pull.
  for (let turn = 0; turn < 4; turn++) {
    pull = Math.min(1, Math.sqrt(Math.max(0, wanted - rounded.variance) / variance));
    rounded = round(samples, mean, pull);
  }
  return rounded.shares;
}

/** Pulls samples towards the mean and rounds them at random; with the variance that the rounding adds. */
function round(
  samples: Float64Array,
  mean: number,
  pull: number,
): { shares: Float64Array; variance: number } {
  const shares: number[] = [];
  let variance = 0;
  const weight = 1 / samples.length;
  for (const sample of samples) {
    const steps = mean + pull * (sample - mean);
    const low = Math.floor(steps + 1e-9);
    const fraction = Math.max(0, steps - low);
    while (shares.length <= low + (fraction > 0 ? 1 : 0)) shares.push(0);
    shares[low] = (shares[low] as number) + (1 - fraction) * weight;
    if (fraction > 0) shares[low + 1] = (shares[low + 1] as number) + fraction * weight;
    variance += fraction * (1 - fraction) * weight;
  }
  return { shares: Float64Array.from(shares), variance };
}

function aliasTables(shares: Float64Array): [keep: Float64Array, alias: Int32Array] {
  const n = shares.length;
  const keep = new Float64Array(n).fill(1);
  const alias = new Int32Array(n);
  const scaled = shares.map((p) => p * n);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < n; i++) ((scaled[i] as number) < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop() as number;
    const high = large.at(-1) as number;
    keep[low] = scaled[low] as number;
    alias[low] = high;
    scaled[high] = (scaled[high] as number) - (1 - (scaled[low] as number));
    if ((scaled[high] as number) < 1) small.push(large.pop() as number);
  }
  return [keep, alias];
}
