import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import type { Decision } from '../core/decision.ts';
import type { PoolId, ReadingQuality } from '../core/observation.ts';
import { InvalidOptionError } from '../errors.ts';
import type { ControllerEvents } from '../events.ts';
import { EXTERNAL_SCALER, type GetMetricsRequest, type ScaledObjectRef } from './external-scaler.ts';

/** What a controller says of one pool. */
interface PoolStanding {
  readonly id: PoolId;
  readonly mode: 'act' | 'recommend';
  readonly quality: ReadingQuality;
  readonly lastDecision?: Pick<Decision, 'to'>;
}

/** What is needed of a controller; a `ScalingController` is one. */
export interface KedaSource {
  on(event: 'tick', listener: (...payload: ControllerEvents['tick']) => void): unknown;
  off(event: 'tick', listener: (...payload: ControllerEvents['tick']) => void): unknown;
  status(): { readonly pools: readonly PoolStanding[] };
}

export interface KedaTls {
  /** PEM. */
  readonly key: string | Buffer;
  /** PEM, the chain of the server. */
  readonly cert: string | Buffer;
  /** PEM. When given, KEDA must show a certificate that it signed. */
  readonly clientCa?: string | Buffer;
}

export interface KedaScalerOptions {
  /** Default `0.0.0.0`: KEDA calls from another pod. */
  readonly host?: string;
  /** 0..65535; 0 takes a free one. Default 6000. */
  readonly port?: number;
  /** Default: none, all goes in the clear. */
  readonly tls?: KedaTls;
}

/** A server that is up. */
export interface KedaScaler {
  readonly port: number;
  /** Ends the open streams, lets calls end, and stops listening. */
  close(): Promise<void>;
}

/** The metric's name in the HorizontalPodAutoscaler, behind KEDA's prefix. */
const METRIC = 'flyball-size';

/**
 * Serves a controller's decided sizes to KEDA, as an external scaler over gRPC (`external` and `external-push`
 * triggers). The pools must be in `recommend` mode, since KEDA acts. A trigger names its pool in `metadata.pool`;
 * it need not where the controller has just one.
 *
 * The metric is the size, its target is 1: an HorizontalPodAutoscaler divides the one by the other and gets the size.
 * Before a pool was seen the calls fail with UNAVAILABLE, so that KEDA keeps what there is.
 *
 * @throws InvalidOptionError
 * @throws Error when the port cannot be had
 */
export async function kedaScaler(
  controller: KedaSource,
  options: KedaScalerOptions = {},
): Promise<KedaScaler> {
  const { host = '0.0.0.0', port = 6000, tls } = options;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new InvalidOptionError('port', 'must be a whole number of 0..65535', port);
  }
  const streams = new Map<ServerWritableStream<ScaledObjectRef, object>, boolean | undefined>();

  const isActive: handleUnaryCall<ScaledObjectRef, object> = ({ request }, callback) =>
    answer(callback, () => ({ result: decidedSize(controller, request) > 0 }));

  const getMetricSpec: handleUnaryCall<ScaledObjectRef, object> = ({ request }, callback) =>
    answer(callback, () => {
      find(controller, request);
      return { metricSpecs: [{ metricName: METRIC, targetSize: 1, targetSizeFloat: 1 }] };
    });

  const getMetrics: handleUnaryCall<GetMetricsRequest, object> = ({ request }, callback) =>
    answer(callback, () => {
      const size = decidedSize(controller, request.scaledObjectRef);
      const metricName = request.metricName || METRIC;
      return { metricValues: [{ metricName, metricValue: size, metricValueFloat: size }] };
    });

  /** Tells what has changed; a pool that cannot be told of now stays as it was told. */
  const tell = (stream: ServerWritableStream<ScaledObjectRef, object>): void => {
    try {
      const active = decidedSize(controller, stream.request) > 0;
      if (streams.get(stream) === active) return;
      streams.set(stream, active);
      stream.write({ result: active });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === status.UNAVAILABLE) return;
      streams.delete(stream);
      stream.emit('error', error);
    }
  };
  const tellAll = (): void => {
    for (const stream of [...streams.keys()]) tell(stream);
  };
  const streamIsActive: handleServerStreamingCall<ScaledObjectRef, object> = (stream) => {
    streams.set(stream, undefined);
    stream.on('cancelled', () => streams.delete(stream));
    tell(stream);
  };

  const server = new Server();
  server.addService(EXTERNAL_SCALER, {
    IsActive: isActive,
    StreamIsActive: streamIsActive,
    GetMetricSpec: getMetricSpec,
    GetMetrics: getMetrics,
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials(tls), (error, at) =>
      error ? reject(error) : resolve(at),
    );
  });
  controller.on('tick', tellAll);

  return {
    port: bound,
    async close() {
      controller.off('tick', tellAll);
      for (const stream of streams.keys()) stream.end();
      streams.clear();
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    },
  };
}

/** Why a call has no answer, as gRPC tells it. */
class Refusal extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

function answer(callback: (error: Refusal | null, value?: object) => void, give: () => object): void {
  try {
    callback(null, give());
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    callback(error);
  }
}

function find(controller: KedaSource, ref: ScaledObjectRef | null): PoolStanding {
  const { pools } = controller.status();
  const id = ref?.scalerMetadata.pool;
  if (id === undefined && pools.length !== 1) {
    throw new Refusal(
      status.INVALID_ARGUMENT,
      `the trigger's metadata must name a pool: ${pools.map((pool) => pool.id).join(', ') || 'there is none yet'}`,
    );
  }
  const pool = id === undefined ? pools[0] : pools.find((each) => each.id === id);
  if (pool === undefined) throw new Refusal(status.NOT_FOUND, `the controller has no pool ${id}`);
  if (pool.mode !== 'recommend') {
    throw new Refusal(
      status.FAILED_PRECONDITION,
      `pool ${pool.id} scales by itself: give it the mode recommend, or KEDA and flyball undo each other's sizes`,
    );
  }
  return pool;
}

function decidedSize(controller: KedaSource, ref: ScaledObjectRef | null): number {
  const { id, quality, lastDecision } = find(controller, ref);
  if (quality === 'none' || lastDecision === undefined) {
    throw new Refusal(status.UNAVAILABLE, `pool ${id} has not been seen yet`);
  }
  return lastDecision.to;
}

function credentials(tls: KedaTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { key, cert, clientCa } = tls;
  return ServerCredentials.createSsl(
    clientCa === undefined ? null : Buffer.from(clientCa),
    [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }],
    clientCa !== undefined,
  );
}
