export {
  type KedaScaler,
  type KedaScalerOptions,
  type KedaSource,
  type KedaTls,
  kedaScaler,
} from './keda-scaler.ts';
