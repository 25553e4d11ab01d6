import { resolve } from 'node:path';
import {
  type ChannelCredentials,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { ScalingController } from '../../src/index.ts';
import { type KedaScalerOptions, type KedaTls, kedaScaler } from '../../src/keda/index.ts';
import type { Mode } from '../../src/options.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { Certificates } from '../certificates.ts';

const proto = resolve(import.meta.dirname, '../fixtures/external-scaler.proto');
const loaded = loadPackageDefinition(loadSync(proto, { longs: Number, defaults: true }));
const ExternalScaler = (loaded.externalscaler as GrpcObject).ExternalScaler as ServiceClientConstructor;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A client as KEDA has one. */
function connect(port: number, channel: ChannelCredentials = credentials.createInsecure()) {
  const client = new ExternalScaler(`localhost:${port}`, channel);
  ends.push(() => client.close());
  const call = (method: string, request: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      client[method]?.(
        request,
        { deadline: Date.now() + 5_000 },
        (error: ServiceError | null, answer: unknown) =>
          error ? reject(error) : resolve(answer as Record<string, unknown>),
      );
    });
  const stream = (
    request: object,
    method = 'StreamIsActive',
  ): { seen: boolean[]; error?: ServiceError; ended: boolean; cancel(): void } => {
    const calls = client[method]?.(request) as ClientReadableStream<{ result: boolean }>;
    const log = { seen: [] as boolean[], ended: false, cancel: () => calls.cancel() };
    calls.on('data', ({ result }) => log.seen.push(result));
    calls.on('end', () => Object.assign(log, { ended: true }));
    calls.on('error', (error: ServiceError) => Object.assign(log, { error }));
    return log;
  };
  return { call, stream };
}

interface Load {
  ready: number;
  queued: number;
  away?: boolean;
}

/** Whatever waits needs a worker. */
const policy: Policy = {
  name: 'a worker a job',
  propose: ({ queued }) => ({ kind: 'target', size: queued, reason: `${queued} jobs wait` }),
};

/** A controller over pools whose load the tests set, and a scaler beside it. */
async function serve(loads: Record<string, Load>, options: KedaScalerOptions = {}, mode: Mode = 'recommend') {
  const scaled = vi.fn(async () => {});
  const controller = new ScalingController({
    mode,
    pools: Object.entries(loads).map(([id, load]) => ({
      id,
      minWorkers: 0,
      maxWorkers: 20,
      policy,
      predictor: false,
      adapter: {
        observe: () => {
          if (load.away) throw new Error('away');
          return { ready: load.ready, queued: load.queued, busy: 0 };
        },
        scaleTo: scaled,
      },
    })),
  });
  const scaler = await kedaScaler(controller, { host: '127.0.0.1', port: 0, ...options });
  ends.push(
    () => controller.stop(),
    () => scaler.close(),
  );
  return { controller, scaler, scaled };
}

const ref = (pool?: string): object => ({
  name: 'render',
  namespace: 'shop',
  scalerMetadata: { scalerAddress: 'flyball:6000', ...(pool !== undefined && { pool }) },
});

describe("what KEDA's calls give", () => {
  it('the metric is the decided size, its target 1', async () => {
    const { controller, scaler, scaled } = await serve({ render: { ready: 2, queued: 7 } });
    const { call } = connect(scaler.port);
    await controller.tick();
    expect(await call('GetMetricSpec', ref('render'))).toEqual({
      metricSpecs: [{ metricName: 'flyball-size', targetSize: 1, targetSizeFloat: 1 }],
    });
    expect(await call('GetMetrics', { scaledObjectRef: ref('render'), metricName: 'flyball-size' })).toEqual({
      metricValues: [{ metricName: 'flyball-size', metricValue: 7, metricValueFloat: 7 }],
    });
    expect(scaled).not.toHaveBeenCalled();
  });

  it('a pool is active while its size is not 0', async () => {
    const load = { ready: 1, queued: 3 };
    const { controller, scaler } = await serve({ render: load });
    const { call } = connect(scaler.port);
    await controller.tick();
    expect(await call('IsActive', ref('render'))).toEqual({ result: true });
    load.queued = 0;
    await controller.tick();
    expect(await call('IsActive', ref('render'))).toEqual({ result: false });
  });

  it('each trigger has its pool; one pool alone need not be named', async () => {
    const two = await serve({ a: { ready: 1, queued: 4 }, b: { ready: 1, queued: 9 } });
    await two.controller.tick();
    const { call } = connect(two.scaler.port);
    const size = async (pool?: string): Promise<unknown> =>
      (
        (await call('GetMetrics', { scaledObjectRef: ref(pool) })).metricValues as { metricValue: number }[]
      )[0]?.metricValue;
    expect([await size('a'), await size('b')]).toEqual([4, 9]);
    await expect(size()).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "the trigger's metadata must name a pool: a, b",
    });
    const one = await serve({ only: { ready: 1, queued: 4 } });
    await one.controller.tick();
    expect(await connect(one.scaler.port).call('IsActive', ref())).toEqual({ result: true });
  });

  it.each(['IsActive', 'GetMetricSpec'])('%s refuses a pool that is not there', async (method) => {
    const { scaler } = await serve({ render: { ready: 1, queued: 0 } });
    await expect(connect(scaler.port).call(method, ref('nobody'))).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  it('refuses a pool that acts by itself', async () => {
    const { scaler } = await serve({ render: { ready: 1, queued: 0 } }, {}, 'act');
    await expect(connect(scaler.port).call('GetMetricSpec', ref('render'))).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringContaining('give it the mode recommend'),
    });
  });

  it('there is no answer before a pool was seen, and the last one while it cannot be', async () => {
    const load: Load = { ready: 3, queued: 5, away: true };
    const { controller, scaler } = await serve({ render: load });
    const { call } = connect(scaler.port);
    const metrics = (): Promise<unknown> =>
      call('GetMetrics', { scaledObjectRef: ref('render'), metricName: 'm' });
    await expect(metrics()).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await controller.tick();
    await expect(metrics()).rejects.toMatchObject({ code: status.UNAVAILABLE });
    load.away = false;
    await controller.tick();
    expect(await metrics()).toEqual({
      metricValues: [{ metricName: 'm', metricValue: 5, metricValueFloat: 5 }],
    });
    Object.assign(load, { away: true, ready: 5 });
    await controller.tick();
    const { metricValues } = (await metrics()) as { metricValues: { metricValue: number }[] };
    expect(metricValues[0]?.metricValue).toBeGreaterThanOrEqual(3);
  });

  it('StreamMetricSpec is not offered: KEDA then asks for the spec', async () => {
    const { scaler } = await serve({ render: { ready: 1, queued: 0 } });
    const log = connect(scaler.port).stream(ref('render'), 'StreamMetricSpec');
    await vi.waitFor(() => expect(log.error).toMatchObject({ code: status.UNIMPLEMENTED }));
  });
});

describe('StreamIsActive', () => {
  it('tells at once, then each change once', async () => {
    const load = { ready: 1, queued: 0 };
    const { controller, scaler } = await serve({ render: load });
    await controller.tick();
    const stream = connect(scaler.port).stream(ref('render'));
    await vi.waitFor(() => expect(stream.seen).toEqual([false]));
    for (const queued of [0, 2, 5, 0]) {
      load.queued = queued;
      await controller.tick();
    }
    await vi.waitFor(() => expect(stream.seen).toEqual([false, true, false]));
  });

  it('begins when the pool is seen, where it was opened before', async () => {
    const { controller, scaler } = await serve({ render: { ready: 1, queued: 2 } });
    const { stream, call } = connect(scaler.port);
    const log = stream(ref('render'));
    await expect(call('IsActive', ref('render'))).rejects.toMatchObject({ code: status.UNAVAILABLE });
    expect(log.seen).toEqual([]);
    await controller.tick();
    await vi.waitFor(() => expect(log.seen).toEqual([true]));
  });

  it('ends with an error for a pool that is not there, or has gone', async () => {
    const { controller, scaler } = await serve({ a: { ready: 1, queued: 0 }, b: { ready: 1, queued: 0 } });
    await controller.tick();
    const { stream } = connect(scaler.port);
    const never = stream(ref('nobody'));
    const gone = stream(ref('b'));
    await vi.waitFor(() => expect(never.error).toMatchObject({ code: status.NOT_FOUND }));
    await vi.waitFor(() => expect(gone.seen).toEqual([false]));
    await controller.removePool('b');
    await controller.tick();
    await vi.waitFor(() => expect(gone.error).toMatchObject({ code: status.NOT_FOUND }));
  });

  it('a client that hangs up is forgotten; the others are still told', async () => {
    const load = { ready: 1, queued: 0 };
    const { controller, scaler } = await serve({ render: load });
    await controller.tick();
    const { stream } = connect(scaler.port);
    const [first, second] = [stream(ref('render')), stream(ref('render'))];
    await vi.waitFor(() => expect([first.seen, second.seen]).toEqual([[false], [false]]));
    first.cancel();
    await vi.waitFor(() => expect(first.error).toMatchObject({ code: status.CANCELLED }));
    load.queued = 3;
    await controller.tick();
    await vi.waitFor(() => expect(second.seen).toEqual([false, true]));
    expect(first.seen).toEqual([false]);
  });

  it('ends when the scaler closes, and the controller is left as it was', async () => {
    const { controller, scaler } = await serve({ render: { ready: 1, queued: 2 } });
    await controller.tick();
    const { stream, call } = connect(scaler.port);
    const log = stream(ref('render'));
    await vi.waitFor(() => expect(log.seen).toEqual([true]));
    await scaler.close();
    await vi.waitFor(() => expect(log.ended).toBe(true));
    await controller.tick();
    await expect(call('IsActive', ref('render'))).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });
});

describe('TLS', () => {
  let certificates: Certificates;
  beforeAll(() => {
    certificates = new Certificates('server', 'keda');
  });
  afterAll(() => certificates.remove());
  const pem = (file: string): Buffer => certificates.pem(file);

  const isActive = async (tls: KedaTls, channel: ChannelCredentials): Promise<unknown> => {
    const { controller, scaler } = await serve({ render: { ready: 1, queued: 2 } }, { tls });
    await controller.tick();
    return connect(scaler.port, channel).call('IsActive', ref());
  };

  it('is spoken with a key and a certificate, and then nothing else is', async () => {
    const tls = { key: pem('server.key'), cert: pem('server.crt') };
    expect(await isActive(tls, credentials.createSsl(pem('ca.crt')))).toEqual({ result: true });
    await expect(isActive(tls, credentials.createInsecure())).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
  });

  it('asks the client for a certificate, given the authority that signs them', async () => {
    const tls = { key: pem('server.key'), cert: pem('server.crt'), clientCa: pem('ca.crt').toString() };
    const known = credentials.createSsl(pem('ca.crt'), pem('keda.key'), pem('keda.crt'));
    expect(await isActive(tls, known)).toEqual({ result: true });
    await expect(isActive(tls, credentials.createSsl(pem('ca.crt')))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
  });
});

it('a port that is taken, or is none, is told', async () => {
  const { controller, scaler } = await serve({ render: { ready: 1, queued: 0 } });
  await expect(kedaScaler(controller, { host: '127.0.0.1', port: scaler.port })).rejects.toThrow(
    /bind|EADDRINUSE/,
  );
  await expect(kedaScaler(controller, { port: 70_000 })).rejects.toThrow(InvalidOptionError);
});
