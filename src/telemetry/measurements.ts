import type { TickRecord } from '../core/record.ts';
import type { ControllerEvents, EfficiencyEvent, OperationReport, PredictionEvent } from '../events.ts';
import type { MetricKey } from './metrics.ts';
import type { TelemetrySource } from './source.ts';

/** A value, and what it is of: one string for each of the metric's attributes, in their order. */
export interface Measurement {
  readonly value: number;
  readonly of: readonly string[];
}

/** Where values go that are counted by their size. */
export type RecordValue = (metric: 'operationDuration' | 'predictionError', measurement: Measurement) => void;

/** Counts by one or two strings; a count costs two look-ups and no allocation. */
class Counts {
  readonly #counts = new Map<string, Map<string, number>>();

  add(first: string, second: string, by = 1): void {
    let counts = this.#counts.get(first);
    if (counts === undefined) {
      counts = new Map();
      this.#counts.set(first, counts);
    }
    counts.set(second, (counts.get(second) ?? 0) + by);
  }

  measurements(attributes: 1 | 2): Measurement[] {
    return [...this.#counts].flatMap(([first, counts]) =>
      Array.from(counts, ([second, value]) => ({ value, of: attributes === 1 ? [first] : [first, second] })),
    );
  }
}

/**
 * Listens to a controller, counts, and says how things stand when it is asked. What is counted is only added up when
 * it happens: metric systems cost their price when they collect.
 */
export class Measurements {
  readonly #source: TelemetrySource;
  readonly #record: RecordValue;
  readonly #counts: Partial<Record<MetricKey, Counts>> = {};
  readonly #efficiency = new Map<string, EfficiencyEvent>();
  readonly #detach: (() => void)[] = [];
  #newest: TickRecord | undefined;

  constructor(source: TelemetrySource, record: RecordValue) {
    this.#source = source;
    this.#record = record;
    this.#listen('tick', (tick) => this.#onTick(tick));
    this.#listen('operation', (event) => this.#onOperation(event));
    this.#listen('prediction', (event) => this.#onPrediction(event));
    this.#listen('efficiency', (event) => {
      this.#efficiency.set(event.pool, event);
      this.#count('workerTime', event.pool, '', event.workerSeconds);
    });
    this.#listen('fault', (fault) => {
      if (!fault.recovered) this.#count('faults', fault.pool ?? '', fault.source);
    });
    this.#listen('trial', (event) => this.#count('trials', event.pool, event.outcome));
  }

  /** How a gauge or a counter stands. */
  read(metric: MetricKey): Measurement[] {
    const counts = this.#counts[metric];
    if (counts !== undefined) return counts.measurements(ONE_ATTRIBUTE.has(metric) ? 1 : 2);
    switch (metric) {
      case 'active':
        return this.#source.status().pools.map(({ id, operations }) => ({ value: operations, of: [id] }));
      case 'breaker':
        return this.#source.status().pools.map(({ id, breaker }) => ({ value: OPEN[breaker], of: [id] }));
      case 'waste':
        return (this.#newest?.pools ?? []).flatMap(({ view }) => {
          const account = this.#efficiency.get(view.pool);
          return account === undefined ? [] : [{ value: account.wasteRatio, of: [view.pool] }];
        });
      default:
        return (this.#newest?.pools ?? []).flatMap((record) =>
          valuesOf(metric, record).map(([value, ...of]) => ({ value, of: [record.view.pool, ...of] })),
        );
    }
  }

  stop(): void {
    for (const detach of this.#detach) detach();
  }

  #listen<T extends keyof ControllerEvents>(event: T, hear: (...payload: ControllerEvents[T]) => void): void {
    this.#source.on(event, hear);
    this.#detach.push(() => this.#source.off(event, hear));
  }

  #count(metric: MetricKey, first: string, second = '', by = 1): void {
    let counts = this.#counts[metric];
    if (counts === undefined) {
      counts = new Counts();
      this.#counts[metric] = counts;
    }
    counts.add(first, second, by);
  }

  #onTick(tick: TickRecord): void {
    this.#newest = tick;
    this.#count('ticks', tick.trigger);
    for (const { view, decision } of tick.pools) {
      this.#count('decisions', view.pool, decision.kind);
      for (const { code } of decision.adjustments) this.#count('adjustments', view.pool, code);
    }
  }

  #onOperation({ pool, outcome, operation, durationMs, added, removed }: OperationReport): void {
    if (outcome === 'started') return;
    this.#record('operationDuration', { value: durationMs / 1_000, of: [pool, operation.kind, outcome] });
    if (added.length > 0) this.#count('added', pool, '', added.length);
    if (removed.length > 0) this.#count('removed', pool, '', removed.length);
  }

  #onPrediction({ pool, predicted, actual, low, within, model }: PredictionEvent): void {
    this.#count('predictions', pool, within ? 'within' : actual < low ? 'below' : 'above');
    this.#record('predictionError', { value: Math.abs(predicted - actual), of: [pool, model] });
  }
}

const ONE_ATTRIBUTE: ReadonlySet<MetricKey> = new Set<MetricKey>(['workerTime', 'added', 'removed', 'ticks']);
const OPEN = { closed: 0, 'half-open': 0.5, open: 1 } as const;

/** A pool's values of a gauge, each with its attributes after the pool. */
function valuesOf(
  metric: MetricKey,
  { view, decision }: TickRecord['pools'][number],
): [number, ...string[]][] {
  const { forecast, flow } = view;
  switch (metric) {
    case 'workers':
      return [
        [view.ready, 'ready'],
        [view.starting, 'starting'],
        [view.draining, 'draining'],
      ];
    case 'busy':
      return [[view.busy]];
    case 'target':
      return [[decision.to]];
    case 'least':
      return [[view.minWorkers]];
    case 'most':
      return [[view.maxWorkers]];
    case 'demand':
      return [[view.demand.fast]];
    case 'forecast':
      return forecast === undefined
        ? []
        : [
            [forecast.mean, 'mean'],
            [forecast.low, 'low'],
            [forecast.high, 'high'],
          ];
    case 'utilization':
      return [[view.utilization]];
    case 'queue':
      return [[view.queued]];
    case 'wait':
      return flow.waitTimeMs === undefined ? [] : [[flow.waitTimeMs / 1_000]];
    default:
      return [];
  }
}
