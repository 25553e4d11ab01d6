export { KubernetesApiError } from '../kubernetes/api-error.ts';
export {
  type KubernetesLeadershipOptions,
  kubernetesLeadership,
  type LeasesApi,
} from './kubernetes-lease.ts';
