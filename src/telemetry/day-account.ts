import type { PoolView } from '../core/view.ts';
import type { PredictionEvent } from '../events.ts';
import type { DashboardAccuracy, DashboardCost, DashboardEfficiency } from './dashboard-data.ts';

const HOUR_MS = 3_600_000;
/** 24 full hours and the one that runs. */
const HOURS = 25;

/** What is added up, hour by hour. Times are in worker-milliseconds; `peak` is the largest. */
const SUMS = [
  'period',
  'busy',
  'ready',
  'paid',
  'needed',
  'mismatch',
  'larger',
  'demand',
  'late',
  'changes',
  'peak',
  'predictions',
  'absoluteError',
  'error',
  'actual',
  'covered',
  'within',
  'confidence',
] as const;
type Sum = (typeof SUMS)[number];
const AT = Object.fromEntries(SUMS.map((name, index) => [name, index])) as Record<Sum, number>;

/** One pool's last 24 h in figures: how well its size fitted, what it cost, how forecasts met their actuals. */
export class DayAccount {
  readonly #sums = new Float64Array(HOURS * SUMS.length);
  readonly #hours = new Float64Array(HOURS).fill(Number.NaN);
  #begin = 0;
  #model = '';

  /** The pool stood as this view shows for so long. */
  add(view: PoolView, passedMs: number): void {
    this.#open(view.now);
    const { ready, demand } = view;
    const paid = ready + view.starting + view.draining;
    const needed = Math.max(view.minWorkers, Math.ceil(demand.fast));
    this.#sum('period', passedMs);
    this.#sum('busy', passedMs * Math.min(view.busy, ready + view.draining));
    this.#sum('ready', passedMs * ready);
    this.#sum('paid', passedMs * paid);
    this.#sum('needed', passedMs * needed);
    this.#sum('mismatch', passedMs * Math.abs(ready - needed));
    this.#sum('larger', passedMs * Math.max(ready, needed));
    this.#sum('demand', passedMs * demand.now);
    this.#sum('late', passedMs * Math.max(0, demand.now - ready));
    const peak = this.#begin + AT.peak;
    this.#sums[peak] = Math.max(this.#sums[peak] as number, needed);
  }

  changed(at: number): void {
    this.#open(at);
    this.#sum('changes', 1);
  }

  predicted(event: PredictionEvent): void {
    this.#open(event.at);
    this.#model = event.model;
    this.#sum('predictions', 1);
    this.#sum('absoluteError', Math.abs(event.predicted - event.actual));
    this.#sum('error', event.predicted - event.actual);
    this.#sum('actual', event.actual);
    this.#sum('covered', Number(event.covered));
    this.#sum('within', Number(event.within));
    this.#sum('confidence', event.confidence);
  }

  efficiency(now: number): DashboardEfficiency {
    const day = this.#total(now);
    const count = day('predictions');
    return {
      periodMs: day('period'),
      averageUtilization: Math.min(1, ratio(day('busy'), day('ready'))),
      wasteRatio: day('paid') > 0 ? Math.max(0, 1 - day('busy') / day('paid')) : 0,
      scalingAccuracyRatio: day('larger') > 0 ? 1 - day('mismatch') / day('larger') : 1,
      lateRatio: ratio(day('late'), day('demand')),
      costEfficiencyRatio: day('paid') > 0 ? Math.min(1, day('needed') / day('paid')) : 1,
      ...(count > 0 && { predictiveSuccessRatio: day('within') / count }),
      changes: day('changes'),
    };
  }

  accuracy(now: number): DashboardAccuracy | undefined {
    const day = this.#total(now);
    const count = day('predictions');
    if (count === 0) return undefined;
    return {
      count,
      meanAbsoluteError: day('absoluteError') / count,
      errorRatio: ratio(day('absoluteError'), day('actual')),
      bias: day('error') / count,
      coveredRatio: day('covered') / count,
      successRatio: day('within') / count,
      meanConfidence: day('confidence') / count,
      model: this.#model,
    };
  }

  /** @param costPerHour of one worker; money is left out where it is not known */
  cost(now: number, costPerHour: number | undefined): DashboardCost {
    const day = this.#total(now);
    const workerHours = day('paid') / HOUR_MS;
    const staticPeakWorkerHours = (this.#peak(now) * day('period')) / HOUR_MS;
    return {
      periodMs: day('period'),
      workerHours,
      staticPeakWorkerHours,
      savedRatio: savedRatio(workerHours, staticPeakWorkerHours),
      ...(costPerHour !== undefined && {
        costPerHour,
        spend: workerHours * costPerHour,
        staticPeakSpend: staticPeakWorkerHours * costPerHour,
      }),
    };
  }

  #open(at: number): void {
    const hour = Math.floor(at / HOUR_MS);
    const slot = ((hour % HOURS) + HOURS) % HOURS;
    this.#begin = slot * SUMS.length;
    if (this.#hours[slot] === hour) return;
    this.#hours[slot] = hour;
    this.#sums.fill(0, this.#begin, this.#begin + SUMS.length);
  }

  #sum(name: Sum, by: number): void {
    const index = this.#begin + AT[name];
    this.#sums[index] = (this.#sums[index] as number) + by;
  }

  /** Sums of the hours that reach into the last 24 h. */
  #total(now: number): (name: Sum) => number {
    const slots = this.#slots(now);
    return (name) =>
      slots.reduce((total, slot) => total + (this.#sums[slot * SUMS.length + AT[name]] as number), 0);
  }

  #peak(now: number): number {
    return Math.max(0, ...this.#slots(now).map((slot) => this.#sums[slot * SUMS.length + AT.peak] as number));
  }

  #slots(now: number): number[] {
    const hour = Math.floor(now / HOUR_MS);
    return [...this.#hours.keys()].filter((slot) => {
      const age = hour - (this.#hours[slot] as number);
      return age >= 0 && age < HOURS;
    });
  }
}

export function savedRatio(workerHours: number, staticPeakWorkerHours: number): number {
  return staticPeakWorkerHours > 0 ? 1 - workerHours / staticPeakWorkerHours : 0;
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
