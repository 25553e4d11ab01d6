export {
  type ComposeOptions,
  type CrewObservation,
  composeAdapter,
  type LoadObservation,
  type PoolScaler,
  type PoolSource,
  type ReplicaScaler,
  type WorkerScaler,
} from './compose-adapter.ts';
