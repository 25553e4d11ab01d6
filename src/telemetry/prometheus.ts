import { Counter, Gauge, Histogram, type Registry, register } from 'prom-client';
import { type Measurement, Measurements } from './measurements.ts';
import { METRICS, type Metric, type MetricKey, prometheusName } from './metrics.ts';
import type { TelemetryExport, TelemetrySource } from './source.ts';

export type { TelemetryExport, TelemetrySource } from './source.ts';

export interface PrometheusOptions {
  /** Default: prom-client's global registry. One controller per registry. */
  readonly registry?: Registry;
}

/**
 * Registers a controller's metrics (those of docs/telemetry.md) with prom-client. What is not a histogram is read when
 * it is scraped, so that a tick pays for counting only.
 *
 * @throws Error of prom-client where the registry has metrics of these names already
 */
export function prometheus(controller: TelemetrySource, options: PrometheusOptions = {}): TelemetryExport {
  const registry = options.registry ?? register;
  const histograms = new Map<MetricKey, Histogram>();
  const measurements = new Measurements(controller, (key, { value, of }) =>
    histograms.get(key)?.observe(labelsOf(METRICS[key], of), value),
  );
  const registered: string[] = [];
  const stop = (): void => {
    measurements.stop();
    for (const name of registered) registry.removeSingleMetric(name);
  };
  try {
    for (const [key, metric] of Object.entries(METRICS) as [MetricKey, Metric][]) {
      const about = {
        name: prometheusName(metric),
        help: metric.description,
        labelNames: metric.attributes.map(({ label }) => label),
        registers: [registry],
      };
      const fill = (set: (labels: Record<string, string>, value: number) => void): void => {
        for (const { value, of } of measurements.read(key)) set(labelsOf(metric, of), value);
      };
      if (metric.kind === 'histogram') {
        histograms.set(key, new Histogram({ ...about, buckets: [...(metric.buckets ?? [])] }));
      } else if (metric.kind === 'gauge') {
        new Gauge({
          ...about,
          collect() {
            this.reset();
            fill((labels, value) => this.set(labels, value));
          },
        });
      } else {
        new Counter({
          ...about,
          collect() {
            this.reset();
            fill((labels, value) => this.inc(labels, value));
          },
        });
      }
      registered.push(about.name);
    }
  } catch (error) {
    stop();
    throw error;
  }
  return { stop };
}

function labelsOf(metric: Metric, of: Measurement['of']): Record<string, string> {
  return Object.fromEntries(metric.attributes.map(({ label }, index) => [label, of[index] as string]));
}
