/**
 * A seeded source of random numbers: the same seed gives the same numbers on every machine. Fast (a few
 * nanoseconds a number) and good enough for simulation; not for secrets.
 *
 * Generator: xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018), seeded
 * through splitmix32.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spareNormal: number | undefined;

  /** @param seed Any number; only its lowest 32 bits count. */
  constructor(seed = 1) {
    let state = seed | 0;
    const word = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = word();
    this.#b = word();
    this.#c = word();
    this.#d = word();
  }

  /**
   * An independent source, named by a number. Streams keep apart what must not influence each other: a pool
   * with another policy sees the very same arrivals.
   */
  stream(index: number): Random {
    return new Random(Math.imul(this.#a ^ Math.imul(index + 1, 0x85ebca6b), 0xc2b2ae35) ^ this.#c);
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  next(): number {
    const b = this.#b;
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9);
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b = b ^ this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return (result >>> 0) * 2.3283064365386963e-10;
  }

  /** Exponential with the given mean. */
  exponential(mean = 1): number {
    return -mean * Math.log(1 - this.next());
  }

  /** Standard normal (Marsaglia's polar method). */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      this.#spareNormal = v * scale;
      return u * scale;
    }
  }

  /** Gamma with mean shape × scale (Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", 2000). */
  gamma(shape: number, scale: number): number {
    if (shape < 1) return this.gamma(shape + 1, scale) * (1 - this.next()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      if (Math.log(1 - this.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v * scale;
    }
  }

  /**
   * Poisson. Small means by multiplication (Knuth), means of 10 and more by transformed rejection (Hörmann, "The
   * transformed rejection method for generating Poisson random variables", 1993): constant time at any mean.
   */
  poisson(mean: number): number {
    if (!(mean > 0)) return 0;
    if (mean < 10) {
      const limit = Math.exp(-mean);
      let count = 0;
      for (let product = this.next(); product > limit; product *= this.next()) count++;
      return count;
    }
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const quick = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.next() - 0.5;
      const v = this.next();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= quick) return k;
      if (k < 0 || us === 0 || (us < 0.013 && v > us)) continue;
      const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
      const accept = Math.log((v * inverseAlpha) / (a / (us * us) + b));
      if (accept <= k * Math.log(mean) - mean - logFactorial(k)) return k;
    }
  }

  /**
   * Binomial: exact by inversion while the variance is below 30, else the rounded normal of the same mean and
   * variance, whose error in any probability is then under 1%.
   */
  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    const mean = n * p;
    const variance = mean * (1 - p);
    if (variance >= 30) {
      return Math.min(n, Math.max(0, Math.round(mean + Math.sqrt(variance) * this.normal())));
    }
    const odds = p / (1 - p);
    let probability = (1 - p) ** n;
    let left = this.next();
    let k = 0;
    while (left > probability && k < n) {
      left -= probability;
      probability *= (odds * (n - k)) / (k + 1);
      k++;
    }
    return k;
  }
}

/** ln(k!) by Stirling's series; below 10 from the product. */
function logFactorial(k: number): number {
  if (k < 10) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const x = k + 1;
  const x2 = x * x;
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + (1 / 12 - (1 / 360 - 1 / (1260 * x2)) / x2) / x;
}
