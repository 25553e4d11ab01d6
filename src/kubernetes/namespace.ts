import type { KubeConfig } from '@kubernetes/client-node';

/** The namespace of a kubeconfig's context, which inside a cluster is the pod's own; else `default`. */
export function namespaceOf(kubeConfig: KubeConfig): string {
  return kubeConfig.getContextObject(kubeConfig.currentContext)?.namespace ?? 'default';
}
