import { type Mock, vi } from 'vitest';
import type { Decision } from '../../src/core/decision.ts';
import type { DashboardController, DashboardEventName } from '../../src/dashboard/controller-port.ts';
import type {
  DashboardData,
  DashboardPool,
  DashboardQuery,
  DashboardSeries,
  DashboardStatus,
} from '../../src/telemetry/dashboard-data.ts';

export const NOON: number = Date.UTC(2026, 0, 5, 12);

/** A controller made by hand: `step` is a tick, `change` a decision that changes the size. */
export class FakeController implements DashboardController {
  readonly pause: Mock<(id: string) => void> = vi.fn();
  readonly resume: Mock<(id: string) => void> = vi.fn();
  readonly apply: Mock<DashboardController['apply']> = vi.fn(async () => ({}));
  readonly signal: Mock<(signal: unknown) => void> = vi.fn();
  readonly queries: DashboardQuery[] = [];
  readonly #listeners = new Map<DashboardEventName, Set<() => void>>();
  /** Besides what the fake has of itself. */
  extra: { data?: Partial<DashboardData>; pool?: Partial<DashboardPool>; status?: Partial<DashboardStatus> } =
    {};
  readonly #ids: readonly string[];
  readonly #decisions: Decision[] = [];
  #ticks = 0;

  constructor(...ids: readonly string[]) {
    this.#ids = ids;
  }

  get at(): number {
    return NOON + this.#ticks * 15_000;
  }

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  on(event: DashboardEventName, listener: () => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }

  off(event: DashboardEventName, listener: () => void): void {
    this.#listeners.get(event)?.delete(listener);
  }

  step(): void {
    this.#ticks++;
    for (const listener of this.#listeners.get('tick') ?? []) listener();
  }

  change(pool: string, from: number, to: number): void {
    this.#decisions.unshift(decisionOf(pool, this.at, from, to));
  }

  dashboard(query: DashboardQuery = {}): DashboardData {
    this.queries.push(query);
    const wanted = query.pools;
    return {
      version: 1,
      at: this.at,
      since: NOON,
      running: true,
      mode: 'act',
      intervalMs: 15_000,
      nextEvaluationAt: this.at + 15_000,
      totals: { size: 4, ready: 4, busy: 2, queued: 0, demand: 2, cost: COST },
      pools: this.#ids.filter((id) => wanted?.includes(id) ?? true).map((id) => this.#pool(id, query)),
      faults: [],
      upcoming: [],
      ...this.extra.data,
    };
  }

  #pool(id: string, { series = true, since }: DashboardQuery): DashboardPool {
    const all = Array.from({ length: this.#ticks + 1 }, (_, tick) => NOON + tick * 15_000);
    const at = all.filter((each) => each > (since ?? 0));
    return {
      id,
      status: {
        policy: 'adaptive',
        mode: 'act',
        paused: false,
        quality: 'full',
        ageMs: 0,
        size: 4,
        ready: 4,
        starting: 0,
        draining: 0,
        busy: 2,
        queued: 0,
        minWorkers: 1,
        maxWorkers: 40,
        target: 4,
        wanted: 4,
        utilization: 0.5,
        targetUtilization: 0.5,
        demand: 2,
        headroomWorkers: 36,
        idleWorkers: 2,
        startup: { p50Ms: 1_000, p90Ms: 2_000, samples: 3 },
        operations: 0,
        breaker: 'closed',
        signals: [],
        schedules: [],
        ...this.extra.status,
      },
      ...(series && { recent: seriesOf(at, 15_000), day: seriesOf(at, 60_000) }),
      history: this.#decisions.filter(({ pool }) => pool === id),
      held: [],
      efficiency: {
        periodMs: 0,
        averageUtilization: 0,
        wasteRatio: 0,
        scalingAccuracyRatio: 0,
        lateRatio: 0,
        costEfficiencyRatio: 0,
        changes: 0,
      },
      cost: COST,
      shadows: [],
      ...this.extra.pool,
    };
  }
}

const COST = { periodMs: 0, workerHours: 0, staticPeakWorkerHours: 0, savedRatio: 0 };

export function seriesOf(at: readonly number[], resolutionMs: number, demand = 2): DashboardSeries {
  const column = at.map(() => demand);
  return {
    resolutionMs,
    at: [...at],
    ready: column,
    starting: column,
    draining: column,
    busy: column,
    target: column,
    demand: column,
    forecast: column,
    forecastLow: column,
    forecastHigh: column,
    queued: column,
    waitMs: column,
  };
}

export function decisionOf(pool: string, at: number, from: number, to: number): Decision {
  return {
    pool,
    at,
    kind: to > from ? 'scale-up' : to < from ? 'scale-down' : 'hold',
    from,
    to,
    wanted: to,
    voices: [],
    adjustments: [],
    reason: `demand needs ${to} workers`,
    emergency: false,
    trigger: 'interval',
  };
}
