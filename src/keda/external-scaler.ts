import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/** Which ScaledObject asks, and what its trigger's metadata says. */
export interface ScaledObjectRef {
  readonly name: string;
  readonly namespace: string;
  readonly scalerMetadata: Readonly<Record<string, string>>;
}

export interface GetMetricsRequest {
  readonly scaledObjectRef: ScaledObjectRef | null;
  readonly metricName: string;
}

const text = (id: number): object => ({ type: 'string', id });
const list = (type: string, id: number): object => ({ rule: 'repeated', type, id });

/** KEDA's `externalscaler.proto`, without the optional StreamMetricSpec: the target never changes. */
const PACKAGE = {
  nested: {
    externalscaler: {
      nested: {
        ExternalScaler: {
          methods: {
            IsActive: { requestType: 'ScaledObjectRef', responseType: 'IsActiveResponse' },
            StreamIsActive: {
              requestType: 'ScaledObjectRef',
              responseType: 'IsActiveResponse',
              responseStream: true,
            },
            GetMetricSpec: { requestType: 'ScaledObjectRef', responseType: 'GetMetricSpecResponse' },
            GetMetrics: { requestType: 'GetMetricsRequest', responseType: 'GetMetricsResponse' },
          },
        },
        ScaledObjectRef: {
          fields: {
            name: text(1),
            namespace: text(2),
            scalerMetadata: { keyType: 'string', type: 'string', id: 3 },
          },
        },
        IsActiveResponse: { fields: { result: { type: 'bool', id: 1 } } },
        GetMetricSpecResponse: { fields: { metricSpecs: list('MetricSpec', 1) } },
        MetricSpec: {
          fields: {
            metricName: text(1),
            targetSize: { type: 'int64', id: 2 },
            targetSizeFloat: { type: 'double', id: 3 },
          },
        },
        GetMetricsRequest: {
          fields: { scaledObjectRef: { type: 'ScaledObjectRef', id: 1 }, metricName: text(2) },
        },
        GetMetricsResponse: { fields: { metricValues: list('MetricValue', 1) } },
        MetricValue: {
          fields: {
            metricName: text(1),
            metricValue: { type: 'int64', id: 2 },
            metricValueFloat: { type: 'double', id: 3 },
          },
        },
      },
    },
  },
};

// The loader's types know no package within the root.
export const EXTERNAL_SCALER: ServiceDefinition = fromJSON(PACKAGE as Parameters<typeof fromJSON>[0], {
  keepCase: true,
  defaults: true,
})['externalscaler.ExternalScaler'] as ServiceDefinition;
