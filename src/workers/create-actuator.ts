import { isReplicaAdapter } from '../core/adapter.ts';
import type { ActuatorOptions, PoolActuator } from './actuator.ts';
import { ReplicaScaler } from './replica-scaler.ts';
import { WorkerAutoScaler } from './worker-auto-scaler.ts';

/** The actuator that fits the adapter: single workers, or replicas of an orchestrator. */
export function createActuator(options: ActuatorOptions): PoolActuator {
  const { adapter } = options;
  return isReplicaAdapter(adapter)
    ? new ReplicaScaler({ ...options, adapter })
    : new WorkerAutoScaler({ ...options, adapter });
}
