/** The logistic curve with this slope stays within 0.01 of the normal distribution. */
const LOGISTIC = 1.702;

/**
 * What the `nth` worker of a pool is worth: the part of its time that it will do work which would else be late. That
 * is P(D > n − ½), where the demand D is normal with mean `demand` and standard deviation `spread` (at least √demand,
 * as arrivals are). It falls with n, from 1 for a worker that is certainly needed to 0 for one that will idle. With a
 * demand of 40 ± 6.3: the 30th 0.94, the 40th 0.53, the 50th 0.07.
 *
 * In thousandths, as smaller differences mean nothing.
 */
export function marginalUtility(demand: number, spread: number, nth: number): number {
  const deviation = Math.max(spread, Math.sqrt(Math.max(0, demand)), 0.5);
  const needed = 1 / (1 + Math.exp((LOGISTIC * (nth - 0.5 - demand)) / deviation));
  return Math.round(needed * 1000) / 1000;
}
