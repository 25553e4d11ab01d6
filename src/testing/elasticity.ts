/**
 * How well supply followed demand, by the four measures of the SPEC Research Group (Herbst et al., "Ready for
 * Rain? A View from SPEC Research on the Future of Cloud Metrics", SPEC-RG-2016-01, section 4; used alike by Bauer
 * et al., "Chameleon", IEEE TPDS 2019). With demand d, supply s, over the time T:
 *
 * - θU = 1/T ∫ max(d - s, 0) / d dt      θO = 1/T ∫ max(s - d, 0) / d dt      (accuracy)
 * - τU = 1/T ∫ [s < d] dt                τO = 1/T ∫ [s > d] dt                (share of time)
 *
 * All are shares (1 = 100%) and best at 0. Where nothing is demanded, d counts as 1 in the denominator.
 */
export interface Elasticity {
  readonly thetaUnder: number;
  readonly thetaOver: number;
  readonly tauUnder: number;
  readonly tauOver: number;
}

/** Sums the measures up, one sample after another; each sample stands for the same time. */
export class ElasticityMeter {
  #samples = 0;
  #lacking = 0;
  #surplus = 0;
  #under = 0;
  #over = 0;

  /** @param needed Workers that the load needs. @param supplied Workers that are ready. */
  add(needed: number, supplied: number): void {
    this.#samples++;
    const scale = Math.max(1, needed);
    if (supplied < needed) {
      this.#under++;
      this.#lacking += (needed - supplied) / scale;
    } else if (supplied > needed) {
      this.#over++;
      this.#surplus += (supplied - needed) / scale;
    }
  }

  result(): Elasticity {
    const samples = Math.max(1, this.#samples);
    return {
      thetaUnder: this.#lacking / samples,
      thetaOver: this.#surplus / samples,
      tauUnder: this.#under / samples,
      tauOver: this.#over / samples,
    };
  }
}
