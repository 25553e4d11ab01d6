import type { Decision } from '../core/decision.ts';
import type { PoolId } from '../core/observation.ts';
import type { TickRecord } from '../core/record.ts';
import { needOf } from '../core/resources.ts';
import type { Fault, OperationReport, PredictionEvent, ScaledEvent, TrialEvent } from '../events.ts';
import type {
  DashboardBudget,
  DashboardCost,
  DashboardData,
  DashboardFault,
  DashboardPool,
  DashboardQuery,
  DashboardShadow,
  DashboardStatus,
  DashboardTotals,
  DashboardTrial,
} from './dashboard-data.ts';
import { savedRatio } from './day-account.ts';
import { PoolRecorder } from './pool-recorder.ts';
import { type UpcomingSpan, upcomingInWords } from './upcoming-in-words.ts';

/** What only the controller knows when it is asked. */
export interface DashboardSource {
  /** Epoch ms. */
  readonly now: number;
  readonly running: boolean;
  readonly mode: 'act' | 'recommend';
  readonly leadership?: NonNullable<DashboardData['leadership']>;
  /** Time between evaluations. */
  readonly intervalMs: number;
  readonly nextTickInMs?: number;
  readonly pools: readonly SourcePool[];
  readonly faults: readonly (Fault & { readonly count: number })[];
  readonly upcoming: readonly UpcomingSpan[];
}

/** One pool of `status()`, as far as it is needed. */
export interface SourcePool {
  readonly id: PoolId;
  readonly policy: string;
  readonly mode: 'act' | 'recommend';
  readonly paused: boolean;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly operations: number;
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly costPerHour?: number;
  readonly shadows?: readonly DashboardShadow[];
  readonly trial?: DashboardTrial;
}

/** A tick that comes later than this many intervals after the last says nothing of the time between. */
const LONGEST_GAP_INTERVALS = 5;

/** Listens to a controller, and keeps what a dashboard shows. */
export class DashboardRecorder {
  readonly #intervalMs: number;
  readonly #pools = new Map<PoolId, PoolRecorder>();
  #since: number | undefined;
  #newest: TickRecord | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  tick(record: TickRecord): void {
    this.#since ??= record.at;
    const passedMs = record.at - (this.#newest?.at ?? record.at);
    const known = passedMs <= LONGEST_GAP_INTERVALS * this.#intervalMs ? Math.max(0, passedMs) : 0;
    this.#newest = record;
    for (const pool of record.pools) this.#pool(pool.view.pool).tick(pool, known);
  }

  scaled({ pool, decision }: ScaledEvent): void {
    this.#pool(pool).scaled(decision);
  }

  held(decision: Decision): void {
    this.#pool(decision.pool).held(decision);
  }

  prediction(event: PredictionEvent): void {
    this.#pool(event.pool).predicted(event);
  }

  operation({ pool, at, outcome, operation, error }: OperationReport): void {
    if (outcome !== 'failed') return;
    const message = error instanceof Error ? error.message : String(error ?? 'no reason given');
    this.#pool(pool).happened('operation', at, `${operation.kind} failed: ${message}`);
  }

  fault({ pool, at, message, recovered }: Fault): void {
    if (pool !== undefined) this.#pool(pool).happened(recovered ? 'recovered' : 'fault', at, message);
  }

  trial({ pool, at, shadow, outcome, reason }: TrialEvent): void {
    this.#pool(pool).happened('trial', at, `trial of ${shadow} ${outcome}: ${reason}`);
  }

  /** A pool was removed. */
  forget(id: PoolId): void {
    this.#pools.delete(id);
  }

  data(source: DashboardSource, query: DashboardQuery = {}): DashboardData {
    const { now, running, mode, leadership, intervalMs, nextTickInMs } = source;
    const wanted = query.pools === undefined ? undefined : new Set(query.pools);
    const asked = source.pools.filter(({ id }) => wanted?.has(id) ?? true);
    return {
      version: 1,
      at: now,
      since: this.#since ?? now,
      running,
      mode,
      ...(leadership !== undefined && { leadership }),
      intervalMs,
      ...(nextTickInMs !== undefined && { nextEvaluationAt: now + Math.max(0, nextTickInMs) }),
      totals: this.#totals(source),
      pools: asked.map((pool) => this.#poolData(pool, source, query)),
      faults: source.faults.map(faultData).sort((a, b) => b.at - a.at),
      upcoming: source.upcoming.map(upcomingInWords),
      ...(this.#newest?.shared !== undefined && { budget: budgetData(this.#newest, this.#newest.shared) }),
    };
  }

  #pool(id: PoolId): PoolRecorder {
    let pool = this.#pools.get(id);
    if (pool === undefined) {
      pool = new PoolRecorder(this.#intervalMs);
      this.#pools.set(id, pool);
    }
    return pool;
  }

  #poolData(
    source: SourcePool,
    { now, intervalMs }: DashboardSource,
    { series = true, since }: DashboardQuery,
  ): DashboardPool {
    const recorder = this.#pool(source.id);
    const { view, account } = recorder;
    const accuracy = account.accuracy(now);
    const forecast = view?.forecast;
    return {
      id: source.id,
      status: statusData(source, recorder),
      ...(series && { recent: recorder.series.recent(intervalMs, since), day: recorder.series.day(since) }),
      ...(forecast !== undefined && {
        ahead: {
          at: forecast.at + forecast.horizonMs,
          mean: forecast.mean,
          low: forecast.low,
          high: forecast.high,
          peak: forecast.peak,
          peakAt: forecast.peakAt,
          confidence: forecast.confidence,
          model: forecast.model,
        },
      }),
      history: recorder.history(now),
      held: recorder.holds(),
      ...(accuracy !== undefined && { accuracy }),
      efficiency: account.efficiency(now),
      cost: account.cost(now, source.costPerHour),
      shadows: source.shadows ?? [],
      ...(source.trial !== undefined && { trial: source.trial }),
    };
  }

  #totals({ pools, now }: DashboardSource): DashboardTotals {
    const sums = { size: 0, ready: 0, busy: 0, queued: 0, demand: 0 };
    const costs: DashboardCost[] = [];
    for (const { id, costPerHour } of pools) {
      const { view, account } = this.#pool(id);
      costs.push(account.cost(now, costPerHour));
      if (view === undefined) continue;
      sums.size += view.size;
      sums.ready += view.ready;
      sums.busy += view.busy;
      sums.queued += view.queued;
      sums.demand += view.demand.fast;
    }
    return { ...sums, cost: totalCost(costs) };
  }
}

function statusData(source: SourcePool, { view, decision, lastEvent }: PoolRecorder): DashboardStatus {
  const { policy, mode, paused, minWorkers, maxWorkers, operations, breaker } = source;
  const demand = view?.demand.fast ?? 0;
  const size = view?.size ?? 0;
  const target = decision?.to ?? size;
  const { waitTimeMs, responseTimeMs } = view?.flow ?? {};
  const { actions = [], policy: scheduled } = view?.schedule ?? {};
  return {
    policy,
    mode,
    paused,
    quality: view?.quality ?? 'none',
    ageMs: view?.ageMs ?? 0,
    size,
    ready: view?.ready ?? 0,
    starting: view?.starting ?? 0,
    draining: view?.draining ?? 0,
    busy: view?.busy ?? 0,
    queued: view?.queued ?? 0,
    minWorkers,
    maxWorkers,
    target,
    wanted: decision?.wanted ?? size,
    utilization: view?.utilization ?? 0,
    targetUtilization: target > 0 ? demand / target : 0,
    demand,
    headroomWorkers: Math.max(0, maxWorkers - size),
    idleWorkers: Math.max(0, (view?.ready ?? 0) - demand),
    ...(waitTimeMs !== undefined && { waitTimeMs }),
    ...(responseTimeMs !== undefined && { responseTimeMs }),
    startup: view?.startup ?? { p50Ms: 0, p90Ms: 0, samples: 0 },
    ...(view?.headroom !== undefined && { headroom: view.headroom }),
    operations,
    breaker,
    ...(view?.emergency !== undefined && { emergency: view.emergency }),
    signals: view?.signals ?? [],
    schedules: scheduled === undefined ? actions : [...actions, scheduled],
    ...(decision !== undefined && { decision }),
    ...(lastEvent !== undefined && { lastEvent }),
  };
}

function totalCost(costs: readonly DashboardCost[]): DashboardCost {
  const sum = (pick: (cost: DashboardCost) => number | undefined): number =>
    costs.reduce((total, cost) => total + (pick(cost) ?? 0), 0);
  const workerHours = sum((cost) => cost.workerHours);
  const staticPeakWorkerHours = sum((cost) => cost.staticPeakWorkerHours);
  return {
    periodMs: Math.max(0, ...costs.map(({ periodMs }) => periodMs)),
    workerHours,
    staticPeakWorkerHours,
    savedRatio: savedRatio(workerHours, staticPeakWorkerHours),
    ...(costs.some(({ spend }) => spend !== undefined) && {
      spend: sum(({ spend }) => spend),
      staticPeakSpend: sum(({ staticPeakSpend }) => staticPeakSpend),
    }),
  };
}

/** What is in use of every limit: as it was measured, or what all workers are known to take. */
function budgetData(
  { pools }: TickRecord,
  { capacity, budget }: NonNullable<TickRecord['shared']>,
): DashboardBudget[] {
  return [...(capacity?.supplies ?? []), ...budget].map(({ resource, total, by, used }) => {
    const counted = (): number =>
      pools.reduce((sum, { view: { ready, starting, draining, terms = {} } }) => {
        return sum + needOf(resource, terms.needs ?? {}, terms.costPerHour) * (ready + starting + draining);
      }, 0);
    return { resource, used: used ?? counted(), total, by };
  });
}

function faultData({ at, pool, source, message, count }: DashboardSource['faults'][number]): DashboardFault {
  return { at, ...(pool !== undefined && { pool }), source, message, count };
}
