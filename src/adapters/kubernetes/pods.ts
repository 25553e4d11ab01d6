import type { V1Pod } from '@kubernetes/client-node';

/** Read by the ReplicaSet controller: among equally ready pods, the one with the lower cost is deleted first. */
export const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** Jobs that each pod runs at this moment, by pod name. */
export type BusyPods = ReadonlyMap<string, number> | Readonly<Record<string, number>>;

export const toMap = (busy: BusyPods): ReadonlyMap<string, number> =>
  busy instanceof Map ? busy : new Map(Object.entries(busy));

/** A pod that has ended stays in the list until it is collected. */
const hasEnded = ({ status }: V1Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

export const isTerminating = (pod: V1Pod): boolean =>
  pod.metadata?.deletionTimestamp !== undefined && !hasEnded(pod);

export const isReady = (pod: V1Pod): boolean =>
  pod.metadata?.deletionTimestamp === undefined &&
  !hasEnded(pod) &&
  (pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false);

export const podName = ({ metadata }: V1Pod): string => metadata?.name ?? '';

/** The annotations that must change for the idle pods to go first: by pod, the cost to set. */
export function deletionCosts(
  pods: readonly V1Pod[],
  jobs: ReadonlyMap<string, number>,
): Map<string, string> {
  const changes = new Map<string, string>();
  for (const pod of pods) {
    const running = jobs.get(podName(pod));
    if (running === undefined || !isReady(pod)) continue;
    const cost = String(Math.ceil(running));
    if ((pod.metadata?.annotations?.[DELETION_COST] ?? '0') !== cost) changes.set(podName(pod), cost);
  }
  return changes;
}
