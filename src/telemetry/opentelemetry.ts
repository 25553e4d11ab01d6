import {
  type Attributes,
  type BatchObservableCallback,
  type Histogram,
  type MeterProvider,
  metrics,
  type Observable,
  type Span,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { OperationReport } from '../events.ts';
import { type Measurement, Measurements } from './measurements.ts';
import { METRICS, type Metric, type MetricKey } from './metrics.ts';
import type { TelemetryExport, TelemetrySource } from './source.ts';

export type { TelemetryExport, TelemetrySource } from './source.ts';

export interface OpenTelemetryOptions {
  /** Default: the global one. */
  readonly meterProvider?: MeterProvider;
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider;
}

const SCOPE = 'flyball';

/**
 * Exports a controller's metrics (those of docs/telemetry.md), and a span for every start, stop, drain and resize.
 * What is not a histogram is read when it is collected, so that a tick pays for counting only.
 */
export function openTelemetry(
  controller: TelemetrySource,
  options: OpenTelemetryOptions = {},
): TelemetryExport {
  const meter = (options.meterProvider ?? metrics).getMeter(SCOPE);
  const histograms = new Map<MetricKey, Histogram>();
  const observables = new Map<MetricKey, Observable>();
  for (const [key, metric] of Object.entries(METRICS) as [MetricKey, Metric][]) {
    const { name, kind, unit, description, buckets } = metric;
    const about = { unit, description };
    if (kind === 'gauge') observables.set(key, meter.createObservableGauge(name, about));
    else if (kind === 'counter') observables.set(key, meter.createObservableCounter(name, about));
    else {
      const advice = { explicitBucketBoundaries: [...(buckets ?? [])] };
      histograms.set(key, meter.createHistogram(name, { ...about, advice }));
    }
  }
  const measurements = new Measurements(controller, (key, { value, of }) =>
    histograms.get(key)?.record(value, attributesOf(METRICS[key], of)),
  );
  const collect: BatchObservableCallback = (result) => {
    for (const [key, observable] of observables) {
      for (const { value, of } of measurements.read(key)) {
        result.observe(observable, value, attributesOf(METRICS[key], of));
      }
    }
  };
  const collected = [...observables.values()];
  meter.addBatchObservableCallback(collect, collected);
  const spans = new OperationSpans((options.tracerProvider ?? trace).getTracer(SCOPE));
  const hear = (event: OperationReport): void => spans.hear(event);
  controller.on('operation', hear);
  return {
    stop(): void {
      measurements.stop();
      meter.removeBatchObservableCallback(collect, collected);
      controller.off('operation', hear);
      spans.stop();
    },
  };
}

function attributesOf(metric: Metric, of: Measurement['of']): Attributes {
  const attributes: Attributes = {};
  for (const [index, { name }] of metric.attributes.entries()) attributes[name] = of[index] as string;
  return attributes;
}

/** A span from an operation's beginning to its end. */
class OperationSpans {
  readonly #tracer: Tracer;
  readonly #open = new Map<string, Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  hear(event: OperationReport): void {
    const key = `${event.operation.id} ${event.pool}`;
    if (event.outcome === 'started') {
      this.#open.set(key, this.#begin(event));
      return;
    }
    const span = this.#open.get(key);
    if (span === undefined) return;
    this.#open.delete(key);
    end(span, event);
  }

  /** What has not ended is not going to be heard of: it ends without an outcome. */
  stop(): void {
    for (const span of this.#open.values()) span.end();
    this.#open.clear();
  }

  #begin({ pool, operation, trigger, policy }: OperationReport): Span {
    const { kind, attempt, emergency, reason, worker, size, startedAt } = operation;
    return this.#tracer.startSpan(`flyball ${kind}`, {
      startTime: new Date(startedAt),
      attributes: {
        'flyball.pool.name': pool,
        'flyball.operation.kind': kind,
        'flyball.operation.attempt': attempt,
        'flyball.operation.emergency': emergency,
        'flyball.operation.reason': reason,
        'flyball.tick.trigger': trigger,
        'flyball.policy.name': policy,
        ...(worker !== undefined && { 'flyball.worker.id': worker }),
        ...(size !== undefined && { 'flyball.pool.worker.target': size }),
      },
    });
  }
}

function end(span: Span, { at, outcome, added, removed, error }: OperationReport): void {
  span.setAttribute('flyball.operation.outcome', outcome);
  if (added.length > 0) span.setAttribute('flyball.workers.added', [...added]);
  if (removed.length > 0) span.setAttribute('flyball.workers.removed', [...removed]);
  if (outcome === 'failed') {
    const message = error instanceof Error ? error.message : String(error ?? 'failed');
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    span.recordException(error instanceof Error ? error : message, new Date(at));
  }
  span.end(new Date(at));
}
