/** A metric's dimension. */
export interface MetricAttribute {
  /** Its name in OpenTelemetry. */
  readonly name: string;
  /** Its label in Prometheus. */
  readonly label: string;
}

/** `counter` only rises; `gauge` is as it is now; `histogram` counts values by their size. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** One metric, whatever system it goes to. */
export interface Metric {
  /** Its name in OpenTelemetry. */
  readonly name: string;
  readonly kind: MetricKind;
  /** In UCUM, as OpenTelemetry writes it: `s`, `1` for shares, `{worker}` for what is counted. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly MetricAttribute[];
  /** Upper bounds of a histogram's buckets, in `unit`. */
  readonly buckets?: readonly number[];
}

const pool: MetricAttribute = { name: 'flyball.pool.name', label: 'pool' };
const state: MetricAttribute = { name: 'flyball.worker.state', label: 'state' };
const bound: MetricAttribute = { name: 'flyball.forecast.bound', label: 'bound' };
const decision: MetricAttribute = { name: 'flyball.decision.kind', label: 'kind' };
const code: MetricAttribute = { name: 'flyball.adjustment.code', label: 'code' };
const trigger: MetricAttribute = { name: 'flyball.tick.trigger', label: 'trigger' };
const source: MetricAttribute = { name: 'flyball.fault.source', label: 'source' };
const operation: MetricAttribute = { name: 'flyball.operation.kind', label: 'operation' };
const outcome: MetricAttribute = { name: 'flyball.operation.outcome', label: 'outcome' };
const model: MetricAttribute = { name: 'flyball.model.name', label: 'model' };
const met: MetricAttribute = { name: 'flyball.prediction.outcome', label: 'outcome' };
const trial: MetricAttribute = { name: 'flyball.trial.outcome', label: 'outcome' };

export type MetricKey =
  | 'workers'
  | 'busy'
  | 'target'
  | 'least'
  | 'most'
  | 'demand'
  | 'forecast'
  | 'utilization'
  | 'queue'
  | 'wait'
  | 'active'
  | 'breaker'
  | 'waste'
  | 'workerTime'
  | 'added'
  | 'removed'
  | 'ticks'
  | 'decisions'
  | 'adjustments'
  | 'faults'
  | 'predictions'
  | 'trials'
  | 'operationDuration'
  | 'predictionError';

/** All metrics: what the exporters export, and what docs/telemetry.md lists. */
export const METRICS: Readonly<Record<MetricKey, Metric>> = {
  workers: {
    name: 'flyball.pool.worker.count',
    kind: 'gauge',
    unit: '{worker}',
    description: 'Workers by state: ready, starting, draining',
    attributes: [pool, state],
  },
  busy: {
    name: 'flyball.pool.worker.busy',
    kind: 'gauge',
    unit: '{worker}',
    description: 'Workers that serve; a fraction where a worker has several slots',
    attributes: [pool],
  },
  target: {
    name: 'flyball.pool.worker.target',
    kind: 'gauge',
    unit: '{worker}',
    description: 'Size that the newest decision leads to',
    attributes: [pool],
  },
  least: {
    name: 'flyball.pool.worker.min',
    kind: 'gauge',
    unit: '{worker}',
    description: 'Fewest workers allowed',
    attributes: [pool],
  },
  most: {
    name: 'flyball.pool.worker.max',
    kind: 'gauge',
    unit: '{worker}',
    description: 'Most workers allowed',
    attributes: [pool],
  },
  demand: {
    name: 'flyball.pool.demand',
    kind: 'gauge',
    unit: '{worker}',
    description: 'Load in busy-worker equivalents, smoothed little',
    attributes: [pool],
  },
  forecast: {
    name: 'flyball.pool.forecast',
    kind: 'gauge',
    unit: '{worker}',
    description: 'Demand expected one start-up time ahead: mean, low, high',
    attributes: [pool, bound],
  },
  utilization: {
    name: 'flyball.pool.utilization',
    kind: 'gauge',
    unit: '1',
    description: 'Busy share of the ready workers',
    attributes: [pool],
  },
  queue: {
    name: 'flyball.pool.queue.length',
    kind: 'gauge',
    unit: '{job}',
    description: 'Jobs that wait',
    attributes: [pool],
  },
  wait: {
    name: 'flyball.pool.queue.wait',
    kind: 'gauge',
    unit: 's',
    description: 'Mean time that recent jobs waited, where the host reports it',
    attributes: [pool],
  },
  active: {
    name: 'flyball.pool.operation.active',
    kind: 'gauge',
    unit: '{operation}',
    description: 'Starts, stops, drains and resizes in flight',
    attributes: [pool],
  },
  breaker: {
    name: 'flyball.pool.breaker.open',
    kind: 'gauge',
    unit: '1',
    description: '1 while starts are not tried, as too many have failed; 0.5 while one is tried; else 0',
    attributes: [pool],
  },
  waste: {
    name: 'flyball.pool.waste',
    kind: 'gauge',
    unit: '1',
    description: 'Idle share of the worker time paid in the last normal interval',
    attributes: [pool],
  },
  workerTime: {
    name: 'flyball.pool.worker.time',
    kind: 'counter',
    unit: 's',
    description: 'Worker time paid: ready, starting and draining; rises once per normal interval',
    attributes: [pool],
  },
  added: {
    name: 'flyball.workers.added',
    kind: 'counter',
    unit: '{worker}',
    description: 'Workers that were started and became ready',
    attributes: [pool],
  },
  removed: {
    name: 'flyball.workers.removed',
    kind: 'counter',
    unit: '{worker}',
    description: 'Workers that were stopped',
    attributes: [pool],
  },
  ticks: {
    name: 'flyball.ticks',
    kind: 'counter',
    unit: '{tick}',
    description: 'Evaluations, by what led to them',
    attributes: [trigger],
  },
  decisions: {
    name: 'flyball.decisions',
    kind: 'counter',
    unit: '{decision}',
    description: 'Decisions of ticks: scale-up, scale-down, hold',
    attributes: [pool, decision],
  },
  adjustments: {
    name: 'flyball.adjustments',
    kind: 'counter',
    unit: '{adjustment}',
    description: 'Wishes that were changed on the way to the decision, by the reason',
    attributes: [pool, code],
  },
  faults: {
    name: 'flyball.faults',
    kind: 'counter',
    unit: '{fault}',
    description: 'Faults told, by their source; pool is empty where no single pool is concerned',
    attributes: [pool, source],
  },
  predictions: {
    name: 'flyball.predictions',
    kind: 'counter',
    unit: '{prediction}',
    description: 'Forecasts that met their actual: below, within or above their band',
    attributes: [pool, met],
  },
  trials: {
    name: 'flyball.trials',
    kind: 'counter',
    unit: '{trial}',
    description: 'Trials of shadow policies: begun, kept, taken-back',
    attributes: [pool, trial],
  },
  operationDuration: {
    name: 'flyball.operation.duration',
    kind: 'histogram',
    unit: 's',
    description: 'How long starts, stops, drains and resizes took, by outcome: completed, failed, cancelled',
    attributes: [pool, operation, outcome],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600],
  },
  predictionError: {
    name: 'flyball.prediction.error',
    kind: 'histogram',
    unit: '{worker}',
    description: '|predicted - actual| demand of forecasts, by model',
    attributes: [pool, model],
    buckets: [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128],
  },
};

/** Ends of names in Prometheus, by unit; what is counted has none. */
const SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', '1': '_ratio' };

/** `flyball.operation.duration` in `s` → `flyball_operation_duration_seconds`; counters end in `_total`. */
export function prometheusName({ name, unit, kind }: Metric): string {
  const plain = name.replaceAll('.', '_') + (SUFFIXES[unit] ?? '');
  return kind === 'counter' ? `${plain}_total` : plain;
}

/** The table of docs/telemetry.md, as Markdown. */
export function metricsTable(): string {
  const rows = Object.values(METRICS).map((metric) => {
    const attributes = metric.attributes.map(({ name, label }) => `\`${name}\` (\`${label}\`)`).join(', ');
    const names = `\`${metric.name}\`<br>\`${prometheusName(metric)}\``;
    return `| ${names} | ${metric.kind} | \`${metric.unit}\` | ${metric.description.replaceAll('|', '\\|')} | ${attributes} |`;
  });
  return [
    '| Name in OpenTelemetry, in Prometheus | Type | Unit | What | Attributes (labels) |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
