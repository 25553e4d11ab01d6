import {
  AppsV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  type KubeConfig,
  PatchStrategy,
  type V1ObjectMeta,
  type V1Pod,
  type V1Scale,
  type V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { call, within } from '../../kubernetes/call.ts';
import { nameOf, type Workload } from './workload.ts';

/** All that is asked of a cluster, seven calls. The rights in docs/kubernetes.md are exactly these. */
export interface ClusterApi {
  readScale(signal: AbortSignal): Promise<V1Scale>;
  setReplicas(replicas: number, signal: AbortSignal): Promise<void>;
  /** Of the workload itself. */
  readMetadata(signal: AbortSignal): Promise<V1ObjectMeta | undefined>;
  /** Scales the workload itself, and writes to it what goes with that: in one step, or, of another version, not at all. */
  setReplicasWith(replicas: number, metadata: V1ObjectMeta, signal: AbortSignal): Promise<void>;
  listPods(labelSelector: string, signal: AbortSignal): Promise<readonly V1Pod[]>;
  annotatePod(name: string, annotations: Record<string, string>, signal: AbortSignal): Promise<void>;
  listAutoscalers(signal: AbortSignal): Promise<readonly V2HorizontalPodAutoscaler[]>;
}

/** These calls over HTTP, by the official client. */
export function clusterApi(kubeConfig: KubeConfig, workload: Workload): ClusterApi {
  const apps = kubeConfig.makeApiClient(AppsV1Api);
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const autoscaling = kubeConfig.makeApiClient(AutoscalingV2Api);
  const { kind, namespace, name } = workload;
  const isDeployment = kind === 'Deployment';

  return {
    readScale: (signal) =>
      call(
        `read the scale of ${nameOf(workload)}`,
        isDeployment
          ? apps.readNamespacedDeploymentScale({ namespace, name }, within(signal))
          : apps.readNamespacedStatefulSetScale({ namespace, name }, within(signal)),
      ),
    setReplicas: async (replicas, signal) => {
      const request = { namespace, name, body: { spec: { replicas } } };
      await call(
        `scale ${nameOf(workload)} to ${replicas}`,
        isDeployment
          ? apps.patchNamespacedDeploymentScale(request, within(signal, PatchStrategy.MergePatch))
          : apps.patchNamespacedStatefulSetScale(request, within(signal, PatchStrategy.MergePatch)),
      );
    },
    readMetadata: async (signal) =>
      (
        await call(
          `read ${nameOf(workload)}`,
          isDeployment
            ? apps.readNamespacedDeployment({ namespace, name }, within(signal))
            : apps.readNamespacedStatefulSet({ namespace, name }, within(signal)),
        )
      ).metadata,
    setReplicasWith: async (replicas, metadata, signal) => {
      const request = { namespace, name, body: { metadata, spec: { replicas } } };
      await call(
        `scale ${nameOf(workload)} to ${replicas}`,
        isDeployment
          ? apps.patchNamespacedDeployment(request, within(signal, PatchStrategy.MergePatch))
          : apps.patchNamespacedStatefulSet(request, within(signal, PatchStrategy.MergePatch)),
      );
    },
    listPods: async (labelSelector, signal) =>
      (
        await call(
          `list the pods of ${nameOf(workload)}`,
          core.listNamespacedPod({ namespace, labelSelector }, within(signal)),
        )
      ).items,
    annotatePod: async (pod, annotations, signal) => {
      await call(
        `annotate pod ${namespace}/${pod}`,
        core.patchNamespacedPod(
          { namespace, name: pod, body: { metadata: { annotations } } },
          within(signal, PatchStrategy.MergePatch),
        ),
      );
    },
    listAutoscalers: async (signal) =>
      (
        await call(
          `list the HorizontalPodAutoscalers in ${namespace}`,
          autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace }, within(signal)),
        )
      ).items,
  };
}
