/** What is scaled. */
export interface Workload {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly namespace: string;
  readonly name: string;
}

/** A workload as people and logs name it. */
export const nameOf = ({ kind, namespace, name }: Workload): string => `${kind} ${namespace}/${name}`;
