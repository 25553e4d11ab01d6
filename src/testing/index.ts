export { type BacktestOptions, type BacktestResult, backtest } from '../backtest/backtest.ts';
export type { Entrant } from '../backtest/contender.ts';
export type { BacktestRun, BacktestSettings, RunDecision } from '../backtest/run-contender.ts';
export { type TuneOptions, type TuneResult, type TuneTrial, tune } from '../backtest/tune.ts';
export {
  AdapterContractError,
  type AdapterContractOptions,
  adapterContract,
  type ContractCheck,
} from './adapter-contract.ts';
export { clamp, jobsPerSecond, plus, repeat, scaleToPeak, times } from './combine-workloads.ts';
export { createView, type ViewOptions } from './create-view.ts';
export {
  constant,
  type Distribution,
  exponential,
  gamma,
  lognormal,
  uniform,
} from './distributions.ts';
export { type Control, type DriveOptions, drive } from './drive.ts';
export { type Elasticity, ElasticityMeter } from './elasticity.ts';
export { formatReport } from './format-report.ts';
export { LogHistogram } from './log-histogram.ts';
export { loadServedBy, neededWorkers } from './needed-workers.ts';
export { type Oracle, oracle, score } from './oracle.ts';
export { Random } from './random.ts';
export type { SimulationReport } from './report.ts';
export { type SimulationOptions, simulate } from './simulate.ts';
export { SimulatedPool } from './simulated-pool.ts';
export type { PoolUsage, SimulatedPoolOptions } from './simulated-pool-options.ts';
export type { SimulatedReplicas } from './simulated-replicas.ts';
export { SizeChangeMeter, type SizeChanges } from './size-changes.ts';
export type { TimeSeries } from './time-series.ts';
export { type TraceOptions, type TraceTime, trace } from './trace.ts';
export { VIRTUAL_START, VirtualClock } from './virtual-clock.ts';
export { meanLoad, type Workload } from './workload.ts';
export { burst, diurnal, loadPattern, onOff, ramp, steady, step } from './workloads.ts';
