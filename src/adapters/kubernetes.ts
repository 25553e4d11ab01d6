import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig, type V1Pod } from '@kubernetes/client-node';
import { InvalidOptionError } from '../errors.ts';
import { isConflict, isNotFound } from '../kubernetes/api-error.ts';
import { namespaceOf } from '../kubernetes/namespace.ts';
import type { CrewObservation, ReplicaScaler } from './compose-adapter.ts';
import { type ClusterApi, clusterApi } from './kubernetes/cluster-api.ts';
import { WorkloadOwnedError } from './kubernetes/errors.ts';
import {
  type BusyPods,
  DELETION_COST,
  deletionCosts,
  isReady,
  isTerminating,
  podName,
  toMap,
} from './kubernetes/pods.ts';
import { recordOf, TERM, type TermRecord } from './kubernetes/term.ts';
import { nameOf, type Workload } from './kubernetes/workload.ts';

export { LateTermError } from '../errors.ts';
export { KubernetesApiError } from '../kubernetes/api-error.ts';
export { WorkloadOwnedError } from './kubernetes/errors.ts';
export type { BusyPods } from './kubernetes/pods.ts';

export interface KubernetesWorkloadOptions {
  /** Name of the Deployment or StatefulSet. */
  readonly name: string;
  /** Default `Deployment`. */
  readonly kind?: 'Deployment' | 'StatefulSet';
  /** Default: the one of the kubeconfig's context, which inside a cluster is the pod's own; else `default`. */
  readonly namespace?: string;
  /**
   * How the cluster is reached. Default: as kubectl finds it (`KUBECONFIG`, `~/.kube/config`), and inside a cluster the
   * pod's service account.
   */
  readonly kubeConfig?: KubeConfig;
  /**
   * What every pod does, if the host knows: then flyball sees how many are busy, and of a Deployment the idle pods go
   * first. A pod that is not in the answer has not reported: the pool does not shrink while pods are missing.
   */
  readonly busyPods?: (signal: AbortSignal) => BusyPods | Promise<BusyPods>;
  /** Jobs that one pod runs at once. Default 1. */
  readonly slotsPerWorker?: number;
  /**
   * The workload is only looked at, since something else scales it, as KEDA does with the sizes of `flyball/keda`: a
   * HorizontalPodAutoscaler is not refused, and `scaleTo` rejects. Default `false`.
   */
  readonly observeOnly?: boolean;
}

/** How long the cluster may take to answer when the adapter is made. */
const FIRST_LOOK_MS = 10_000;
/** How often a conflict is met with another try, and how long is waited before the first of them. */
const TRIES = 5;
const FIRST_WAIT_MS = 20;
/** Requests that are under way at once while pods are annotated. */
const ABREAST = 8;

/**
 * Scales a Deployment or a StatefulSet through its scale subresource: `composeAdapter` makes a pool of it and of the
 * place where its work waits. The guide "Kubernetes" has the rights that it needs.
 *
 * A size that comes with a fencing token is written to the workload itself, together with the token, and refused with a
 * `LateTermError` where a later one is there.
 *
 * @throws InvalidOptionError
 * @throws WorkloadOwnedError when a HorizontalPodAutoscaler scales the workload. One that comes later fails the
 * observations, so that the size is held, and scaling itself.
 * @throws KubernetesApiError when the workload cannot be read; other errors where there is no answer within 10 s
 */
export async function kubernetesWorkload(options: KubernetesWorkloadOptions): Promise<ReplicaScaler> {
  const { busyPods, slotsPerWorker = 1, observeOnly = false } = options;
  check(options);
  const kubeConfig = options.kubeConfig ?? defaultConfig();
  const workload: Workload = {
    kind: options.kind ?? 'Deployment',
    name: options.name,
    namespace: options.namespace ?? namespaceOf(kubeConfig),
  };
  const cluster = clusterApi(kubeConfig, workload);
  const refuseOwner = async (signal: AbortSignal): Promise<void> => {
    if (!observeOnly) await refuseIfOwned(cluster, workload, signal);
  };
  const deadline = AbortSignal.timeout(FIRST_LOOK_MS);
  await Promise.all([cluster.readScale(deadline), refuseOwner(deadline)]);

  const lookAt = async (signal: AbortSignal): Promise<{ replicas: number; pods: readonly V1Pod[] }> => {
    const [scale] = await Promise.all([cluster.readScale(signal), refuseOwner(signal)]);
    const selector = scale.status?.selector;
    if (!selector) throw new Error(`${nameOf(workload)} has no selector that tells its pods`);
    return { replicas: scale.spec?.replicas ?? 0, pods: await cluster.listPods(selector, signal) };
  };

  /** Marks the idle pods, that they go first. Of a StatefulSet the highest ordinals go, whatever they cost. */
  const makeRoom = async (
    size: number,
    replicas: number,
    pods: readonly V1Pod[],
    signal: AbortSignal,
  ): Promise<void> => {
    if (busyPods === undefined || size >= replicas || workload.kind === 'StatefulSet') return;
    const costs = [...deletionCosts(pods, toMap(await busyPods(signal)))];
    const annotate = async (): Promise<void> => {
      for (let next = costs.pop(); next !== undefined; next = costs.pop()) {
        const [pod, cost] = next;
        await retryConflicts(signal, () => cluster.annotatePod(pod, { [DELETION_COST]: cost }, signal)).catch(
          unlessGone,
        );
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, annotate));
  };

  const setSize = async (size: number, signal: AbortSignal): Promise<void> => {
    const { replicas, pods } = await lookAt(signal);
    if (size === replicas) return;
    await makeRoom(size, replicas, pods, signal);
    await retryConflicts(signal, () => cluster.setReplicas(size, signal));
  };

  /** What else is written meanwhile, the workload's status say, is a conflict, too: then the term is looked at again. */
  const setSizeInTerm = async (size: number, term: number, signal: AbortSignal): Promise<void> => {
    const look = async (): Promise<TermRecord> =>
      recordOf(workload, await cluster.readMetadata(signal), term);
    const [{ replicas, pods }, first] = await Promise.all([lookAt(signal), look()]);
    if (size === replicas && term === first.term) return;
    await makeRoom(size, replicas, pods, signal);
    let seen: TermRecord | undefined = first;
    await retryConflicts(signal, async () => {
      const { resourceVersion } = seen ?? (await look());
      seen = undefined;
      const metadata = { annotations: { [TERM]: `${term}` }, ...(resourceVersion && { resourceVersion }) };
      await cluster.setReplicasWith(size, metadata, signal);
    });
  };

  // One after the other, so that the later size wins; one that has been overtaken is let go.
  let lastTurn = 0;
  let before: Promise<void> = Promise.resolve();

  return {
    async observe(signal) {
      const [{ replicas, pods }, busy] = await Promise.all([lookAt(signal), busyPods?.(signal)]);
      return observation(replicas, pods, busy && toMap(busy), slotsPerWorker);
    },
    async scaleTo(size, signal, { fencingToken } = {}) {
      if (observeOnly) throw new Error(`${nameOf(workload)} is only observed: flyball does not scale it`);
      signal.throwIfAborted();
      lastTurn += 1;
      const turn = lastTurn;
      const done = before.then(async () => {
        signal.throwIfAborted();
        if (turn !== lastTurn) return;
        await (fencingToken === undefined
          ? setSize(size, signal)
          : setSizeInTerm(size, fencingToken, signal));
      });
      before = done.catch(() => {});
      await done;
    },
  };
}

function observation(
  replicas: number,
  pods: readonly V1Pod[],
  jobs: ReadonlyMap<string, number> | undefined,
  slotsPerWorker: number,
): CrewObservation {
  const serving = pods.filter(isReady);
  const leaving = pods.filter(isTerminating);
  const crew = {
    ready: serving.length,
    // All that is wanted and does not serve: not created yet, pulled, started, or failing and tried again. A rolling
    // update's pods above the wanted number are not counted: they replace others.
    starting: Math.max(0, replicas - serving.length),
    draining: leaving.length,
    slotsPerWorker,
  };
  if (jobs === undefined) return crew;
  const share = (pod: V1Pod): number => Math.min(1, (jobs.get(podName(pod)) ?? 0) / slotsPerWorker);
  const reporting = serving.filter((pod) => jobs.has(podName(pod))).length;
  return {
    ...crew,
    busy: [...serving, ...leaving].reduce((sum, pod) => sum + share(pod), 0),
    ...(reporting < serving.length && { reporting }),
  };
}

async function refuseIfOwned(cluster: ClusterApi, workload: Workload, signal: AbortSignal): Promise<void> {
  const owner = (await cluster.listAutoscalers(signal)).find(({ spec }) => {
    const target = spec?.scaleTargetRef;
    return target?.kind === workload.kind && target.name === workload.name;
  });
  if (owner !== undefined) throw new WorkloadOwnedError(workload, owner.metadata?.name ?? '');
}

/** Waits 20, 40, 80 and 160 ms. */
async function retryConflicts(signal: AbortSignal, call: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isConflict(error) || tries >= TRIES) throw error;
      await sleep(FIRST_WAIT_MS * 2 ** (tries - 1), undefined, { signal });
    }
  }
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

function defaultConfig(): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  return kubeConfig;
}

function check({ name, kind, namespace, busyPods, slotsPerWorker }: KubernetesWorkloadOptions): void {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidOptionError('name', 'must be the name of a workload', name);
  }
  if (kind !== undefined && kind !== 'Deployment' && kind !== 'StatefulSet') {
    throw new InvalidOptionError('kind', "must be 'Deployment' or 'StatefulSet'", kind);
  }
  if (namespace === '') throw new InvalidOptionError('namespace', 'must not be empty', namespace);
  if (busyPods !== undefined && typeof busyPods !== 'function') {
    throw new InvalidOptionError('busyPods', 'must be a function', busyPods);
  }
  if (slotsPerWorker !== undefined && !(Number.isSafeInteger(slotsPerWorker) && slotsPerWorker >= 1)) {
    throw new InvalidOptionError('slotsPerWorker', 'must be a whole number of at least 1', slotsPerWorker);
  }
}
