import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SpanStatusCode } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ScalingController } from '../../src/scaling-controller.ts';
import { METRICS, type Metric, metricsTable, prometheusName } from '../../src/telemetry/metrics.ts';
import { openTelemetry } from '../../src/telemetry/opentelemetry.ts';
import { prometheus } from '../../src/telemetry/prometheus.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { burst } from '../../src/testing/workloads.ts';
import { HandPool } from '../hand-pool.ts';
import { watched } from './watched.ts';

const MINUTE_MS = 60_000;
const all = Object.values(METRICS);

/** A pool that has seen a burst, with a shadow on trial and a fault: every metric has something to say. */
async function eventful(attach: (controller: ScalingController) => void) {
  const bench = watched(
    { shadows: { calm: 'conservative' }, maxWorkers: 10 },
    {},
    burst({ base: 3, peak: 12, atMs: 10 * MINUTE_MS, forMs: 10 * MINUTE_MS }),
  );
  attach(bench.controller);
  await bench.run(5 * MINUTE_MS);
  const observe = bench.adapter.observe;
  bench.adapter.observe = () => {
    throw new Error('socket closed');
  };
  await bench.run(15_000);
  bench.adapter.observe = observe;
  bench.controller.promote('embedding', 'calm');
  bench.controller.takeBack('embedding');
  await bench.run(35 * MINUTE_MS);
  return bench;
}

describe('the table of metrics', () => {
  it('is the one in the documentation', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/telemetry.md'), 'utf8');
    expect(page).toContain(metricsTable());
  });

  it('follows the conventions: lower-case names with dots, UCUM units, no two alike', () => {
    for (const { name, unit, attributes } of all) {
      expect(name).toMatch(/^flyball(\.[a-z]+)+$/);
      expect(unit).toMatch(/^(s|1|\{[a-z]+\})$/);
      for (const attribute of attributes) expect(attribute.name).toMatch(/^flyball(\.[a-z]+)+$/);
    }
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(prometheusName)).size).toBe(all.length);
    // OpenTelemetry: a metric's name is not the beginning of another's.
    for (const { name } of all) {
      expect(all.filter((other) => other.name.startsWith(`${name}.`))).toEqual([]);
    }
  });
});

describe('OpenTelemetry', () => {
  const setUp = () => {
    const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({
      exporter: metricExporter,
      exportIntervalMillis: 3_600_000,
    });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const spanExporter = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(spanExporter)],
    });
    const collect = async (): Promise<Map<string, MetricData>> => {
      metricExporter.reset();
      await meterProvider.forceFlush();
      const scopes = metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      return new Map(scopes.flatMap(({ metrics }) => metrics.map((data) => [data.descriptor.name, data])));
    };
    return { meterProvider, tracerProvider, spanExporter, collect };
  };

  it('exports every metric of the table, with its unit and attributes', async () => {
    const { meterProvider, tracerProvider, collect } = setUp();
    const { controller, stop } = await eventful((it) => openTelemetry(it, { meterProvider, tracerProvider }));
    const exported = await collect();
    expect([...exported.keys()].sort()).toEqual(all.map(({ name }) => name).sort());
    for (const metric of all) {
      const data = exported.get(metric.name) as MetricData;
      expect([metric.name, data.descriptor.unit]).toEqual([metric.name, metric.unit]);
      expect(data.descriptor.description).toBe(metric.description);
      expect([metric.name, data.dataPoints.length > 0]).toEqual([metric.name, true]);
      for (const { attributes } of data.dataPoints) {
        expect(Object.keys(attributes)).toEqual(metric.attributes.map(({ name }) => name));
      }
    }
    const status = controller.status().pools[0];
    const ready = exported
      .get('flyball.pool.worker.count')
      ?.dataPoints.find(({ attributes }) => attributes['flyball.worker.state'] === 'ready');
    expect(ready?.value).toBe(status?.ready);
    await stop();
  });

  it('counts up, and no further when it is taken off', async () => {
    const { meterProvider, tracerProvider, collect } = setUp();
    const bench = watched();
    const exported = openTelemetry(bench.controller, { meterProvider, tracerProvider });
    const ticks = async () => (await collect()).get('flyball.ticks')?.dataPoints[0]?.value;
    await bench.run(MINUTE_MS);
    expect(await ticks()).toBe(4);
    await bench.run(MINUTE_MS);
    expect(await ticks()).toBe(8);
    exported.stop();
    await bench.run(MINUTE_MS);
    expect(await ticks()).toBe(8);
    expect(bench.controller.listenerCount('operation')).toBe(0);
    await bench.stop();
  });

  it('makes a span of every operation: when, why, and how it ended', async () => {
    const { meterProvider, tracerProvider, spanExporter } = setUp();
    const clock = new VirtualClock();
    const adapter = new HandPool({ ready: 1, busy: 1 });
    const controller = new ScalingController({
      clock,
      pools: [
        {
          id: 'pool',
          adapter,
          policy: {
            name: 'greedy',
            propose: ({ busy, queued }) => ({ kind: 'target', size: busy + queued, reason: 'all at once' }),
          },
          lifecycle: { retryDelayMs: 3_600_000, retryDelayMaxMs: 3_600_000 },
        },
      ],
    });
    openTelemetry(controller, { meterProvider, tracerProvider });
    const begun = clock.now();
    adapter.set({ queued: 1 });
    adapter.onStart = () => clock.sleep(40_000);
    await controller.tick();
    expect(spanExporter.getFinishedSpans()).toEqual([]);
    await clock.advance(40_000);
    const [started] = spanExporter.getFinishedSpans();
    expect(started).toMatchObject({
      name: 'flyball start',
      startTime: [begun / 1_000, 0],
      endTime: [begun / 1_000 + 40, 0],
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'flyball.pool.name': 'pool',
        'flyball.operation.kind': 'start',
        'flyball.operation.reason': 'all at once',
        'flyball.operation.outcome': 'completed',
        'flyball.policy.name': 'greedy',
        'flyball.tick.trigger': 'interval',
        'flyball.workers.added': ['hand-0'],
      },
    });
    spanExporter.reset();
    adapter.set({ queued: 2 });
    adapter.onStart = () => Promise.reject(new Error('no quota'));
    await controller.tick('by hand');
    await clock.advance(1);
    const [failed] = spanExporter.getFinishedSpans();
    expect(failed).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'no quota' },
      attributes: { 'flyball.operation.outcome': 'failed', 'flyball.tick.trigger': 'manual' },
    });
    expect(failed?.events.map(({ name }) => name)).toEqual(['exception']);
    const stopping = controller.stop();
    await clock.advance(60_000);
    await stopping;
  });
});

describe('Prometheus', () => {
  /** What a scrape says: name → type, and lines of values. */
  async function scrape(registry: Registry) {
    const lines = (await registry.metrics()).split('\n');
    const types = new Map(
      lines
        .filter((line) => line.startsWith('# TYPE '))
        .map((line) => line.split(' ').slice(2) as [string, string]),
    );
    return { types, values: lines.filter((line) => line !== '' && !line.startsWith('#')) };
  }

  it('exposes every metric of the table, with its type and labels', async () => {
    const registry = new Registry();
    const { controller, stop } = await eventful((it) => prometheus(it, { registry }));
    const { types, values } = await scrape(registry);
    expect([...types].sort()).toEqual(
      all.map((metric) => [prometheusName(metric), metric.kind]).sort() as [string, string][],
    );
    for (const metric of all) {
      const name = prometheusName(metric);
      const own = values.filter((line) => new RegExp(`^${name}(_bucket|_sum|_count)?\\{`).test(line));
      expect([name, own.length > 0]).toEqual([name, true]);
      for (const { label } of metric.attributes)
        expect(own.every((line) => line.includes(`${label}="`))).toBe(true);
    }
    const status = controller.status().pools[0];
    expect(values).toContain(`flyball_pool_worker_count{pool="embedding",state="ready"} ${status?.ready}`);
    expect(values).toContain('flyball_faults_total{pool="embedding",source="observe"} 1');
    await stop();
  });

  it('reads the same as OpenTelemetry: both count what happened', async () => {
    const registry = new Registry();
    let ups = 0;
    const { stop } = await eventful((it) => {
      prometheus(it, { registry });
      it.on('tick', ({ pools }) => {
        if (pools[0]?.decision.kind === 'scale-up') ups++;
      });
    });
    const { values } = await scrape(registry);
    expect(ups).toBeGreaterThan(0);
    expect(values).toContain(`flyball_decisions_total{pool="embedding",kind="scale-up"} ${ups}`);
    // A second scrape counts nothing twice.
    expect((await scrape(registry)).values).toEqual(values);
    await stop();
  });

  it('forgets the gauges of a pool that has left', async () => {
    const registry = new Registry();
    const bench = watched();
    prometheus(bench.controller, { registry });
    await bench.run(15_000);
    bench.controller.addPool({ id: 'next', adapter: new HandPool() });
    await bench.run(15_000);
    await bench.controller.removePool('embedding');
    await bench.run(15_000);
    const gauges = (await scrape(registry)).values.filter((line) =>
      line.startsWith('flyball_pool_worker_count'),
    );
    expect(gauges).toHaveLength(3);
    expect(gauges.every((line) => line.includes('pool="next"'))).toBe(true);
    await bench.stop();
  });

  it('leaves nothing behind when it is taken off, or could not be attached', async () => {
    const registry = new Registry();
    const bench = watched();
    const before = bench.controller.listenerCount('tick');
    const exported = prometheus(bench.controller, { registry });
    expect(() => prometheus(bench.controller, { registry })).toThrow(/already been registered/);
    expect(registry.getMetricsAsArray()).toHaveLength(all.length);
    exported.stop();
    expect(registry.getMetricsAsArray()).toEqual([]);
    expect(bench.controller.listenerCount('tick')).toBe(before);
    await bench.stop();
  });
});

it('units are what their metric measures: seconds are seconds', () => {
  const seconds = all.filter(({ unit }: Metric) => unit === 's').map(prometheusName);
  expect(seconds).toEqual([
    'flyball_pool_queue_wait_seconds',
    'flyball_pool_worker_time_seconds_total',
    'flyball_operation_duration_seconds',
  ]);
});
