import { errorFunction } from 'simple-statistics';

/**
 * Queueing formulas. `load` is the offered load in erlangs (servers that the arriving work keeps busy), `servers`
 * a whole number. Sources:
 * - Erlang B and C: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in
 *   automatic telephone exchanges", 1917; stable in the inverse form of D. L. Jagerman, "Some properties of the
 *   Erlang loss function", Bell System Technical Journal 53 (1974).
 * - Several servers with any arrivals and service times: A. O. Allen, "Probability, Statistics, and Queueing
 *   Theory", 2nd ed. 1990, section 5.4 (the Allen–Cunneen approximation).
 * - Square-root staffing: S. Halfin and W. Whitt, "Heavy-traffic limits for queues with many exponential servers",
 *   Operations Research 29 (1981).
 */

/**
 * 1 / B(servers, load), where B is Erlang's loss probability. The sum 1 + n/a + n(n-1)/a² + … has positive terms
 * only, so nothing cancels, and for n <= a it needs about 9 √a of them: 600 for 5,000 servers.
 */
function inverseLoss(servers: number, load: number): number {
  let sum = 1;
  let term = 1;
  for (let left = servers; left > 0; left--) {
    term *= left / load;
    sum += term;
    if (left < load && term < sum * Number.EPSILON) break;
  }
  return sum;
}

/** Erlang B: the share of arrivals that find every server busy and are lost. 0..1. */
export function erlangB(servers: number, load: number): number {
  return load <= 0 ? (servers > 0 ? 0 : 1) : 1 / inverseLoss(servers, load);
}

/** Erlang C: the share of arrivals that have to wait, P(W > 0) of M/M/n. 1 where the load is not below the servers. */
export function erlangC(servers: number, load: number): number {
  if (load <= 0) return servers > 0 ? 0 : 1;
  return load < servers ? fromInverseLoss(servers, load, inverseLoss(servers, load)) : 1;
}

/** C = n B / (n - a (1 - B)), written in y = 1 / B so that a vanishing B does no harm. */
function fromInverseLoss(servers: number, load: number, y: number): number {
  return servers / (y * (servers - load) + load);
}

/**
 * The fewest servers above the load that `suffice`, asked with each count and its Erlang C from the smallest on.
 * One pass: the next 1 / B follows from the last, y(n) = 1 + (n / a) y(n - 1).
 */
export function fewestServers(
  load: number,
  suffice: (servers: number, waitRatio: number) => boolean,
): number {
  if (!Number.isFinite(load)) return load;
  if (load <= 0) return 0;
  let servers = Math.floor(load) + 1;
  let y = inverseLoss(servers, load);
  while (!suffice(servers, fromInverseLoss(servers, load, y))) {
    servers++;
    y = 1 + (servers / load) * y;
  }
  return servers;
}

/**
 * Allen–Cunneen's factor (ca² + cs²) / 2: what the variation of arrivals and service makes of M/M/n's waiting time.
 * 1 for Poisson arrivals and exponential service, 0.5 for constant service. A variation that was not measured
 * counts as 1. Kept within 0.1 .. 25: a factor outside of that was measured from too few jobs.
 */
export function variationFactor(arrivals: number | undefined, service: number | undefined): number {
  return Math.min(25, Math.max(0.1, ((arrivals ?? 1) + (service ?? 1)) / 2));
}

/** One pool of servers, as the waiting-time formulas see it. */
export interface Queue {
  readonly servers: number;
  /** Offered load in erlangs. */
  readonly load: number;
  /** Mean service time, ms. */
  readonly serviceTimeMs: number;
  /** Allen–Cunneen's factor; default 1. */
  readonly variation?: number;
}

/**
 * P(wait > waitMs). For M/M/n exactly C e^(-(n - a) t / S); for other queues the mean of the waits that happen is
 * scaled by Allen–Cunneen's factor and their tail kept exponential. Erlang C may be given where it is known.
 */
export function lateRatio(queue: Queue, waitMs: number, waitRatio: number = delayed(queue)): number {
  const { servers, load, serviceTimeMs, variation = 1 } = queue;
  if (servers <= load) return 1;
  return waitRatio * Math.exp((-(servers - load) * waitMs) / (serviceTimeMs * variation));
}

/**
 * Mean wait of all jobs in ms: C S / (n - a), times Allen–Cunneen's factor; infinite where the load is not below the
 * servers. Erlang C may be given where it is known.
 */
export function meanWaitMs(queue: Queue, waitRatio: number = delayed(queue)): number {
  const { servers, load, serviceTimeMs, variation = 1 } = queue;
  if (servers <= load) return Number.POSITIVE_INFINITY;
  return (waitRatio * serviceTimeMs * variation) / (servers - load);
}

const delayed = ({ servers, load }: Queue): number => erlangC(servers, load);

/**
 * The share of jobs that wait where `load + beta √load` servers stand ready, for many servers (Halfin–Whitt):
 * 1 / (1 + β Φ(β) / φ(β)). β = 1 lets 22% wait, β = 0.5 half of them.
 */
export function waitRatioOf(beta: number): number {
  const density = Math.exp((-beta * beta) / 2) / Math.sqrt(2 * Math.PI);
  const distribution = (1 + errorFunction(beta / Math.SQRT2)) / 2;
  return 1 / (1 + (beta * distribution) / density);
}

/** The β of square-root staffing with which a share of jobs, above 0 and below 1, waits: `waitRatioOf` reversed. */
export function betaOf(waitRatio: number): number {
  let low = 0;
  let high = 40;
  // 50 halvings of 40 leave less than 1e-13.
  for (let halving = 0; halving < 50; halving++) {
    const middle = (low + high) / 2;
    if (waitRatioOf(middle) > waitRatio) low = middle;
    else high = middle;
  }
  return high;
}
