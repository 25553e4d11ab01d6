export { type Clock, systemClock } from './clock.ts';
export {
  type BudgetOptions,
  budgetSupplies,
  guaranteeOf,
} from './constraints/budget-rules.ts';
export type {
  ActiveSignal,
  Adjustment,
  AdjustmentCode,
  Alternative,
  CostThresholdSignal,
  Decision,
  DecisionKind,
  Demand,
  ErrorRateSignal,
  ExternalSignal,
  Feasibility,
  FeasibilityRequest,
  Fence,
  Flow,
  Forecast,
  Instant,
  Journal,
  JournalRange,
  LoadPredictor,
  LoadSample,
  LoadSpikeSignal,
  OptimizeRequest,
  OptimizeResult,
  PaceMemory,
  PoolAdapter,
  PoolId,
  PoolObservation,
  PoolRecord,
  PoolShare,
  PoolTerms,
  PoolView,
  Proposal,
  ProposalKind,
  RateLimitSignal,
  ReadingQuality,
  Refusal,
  ReplicaPoolAdapter,
  Resource,
  ResourceCapacity,
  ResourceGuard,
  ResourceUsage,
  ScheduledAction,
  ScheduleState,
  ShadowRecord,
  Signal,
  SignalType,
  StartRequest,
  Startup,
  StopRequest,
  Supply,
  ThrottleAdvice,
  TickRecord,
  Trigger,
  Voice,
  WorkerId,
  WorkerObservation,
  WorkerPoolAdapter,
  WorkerState,
} from './core/model.ts';
export { type DecideInput, decide } from './decide.ts';
export { defineConfig } from './define-config.ts';
export { DeadlineError, InvalidOptionError, NotLeaderError } from './errors.ts';
export type {
  ControllerEvents,
  EfficiencyEvent,
  Fault,
  FaultSource,
  OperationReport,
  OptimizedEvent,
  PredictionEvent,
  ScaledEvent,
  TrialEvent,
  WeightsEvent,
} from './events.ts';
export type { StandingFault } from './fault-log.ts';
export type {
  Assignment,
  Candidate,
  CoordinateOptions,
  Coordination,
} from './fleet/coordinate.ts';
export { coordinate } from './fleet/coordinate.ts';
export { breakEvenMs, costOfWorker, type Pricing, serviceLevel } from './fleet/pricing.ts';
export type { Spend } from './fleet/spend-meter.ts';
export { evaluateFeasibility } from './guards/evaluate-feasibility.ts';
export { type Probed, type ProbeReading, probeGuard, quotaGuard, unlimited } from './guards/guards.ts';
export { type HostGuardOptions, hostGuard } from './guards/host-guard.ts';
export type { ResourceLimits } from './guards/resource-limits.ts';
export {
  type FileHistoryOptions,
  fileHistory,
  type HistoryFault,
  type HistoryRange,
  type HistoryStore,
  type ImportOptions,
  importHistory,
  type MemoryHistoryOptions,
  memoryHistory,
  type RecordHistoryOptions,
  recordHistory,
  type TickSource,
} from './history-store/index.ts';
export { type Candidacy, type Leadership, soleLeader } from './leadership/leadership.ts';
export type { LeadershipEvent, LeadershipStatus } from './leadership/standing.ts';
export type { ApplyResult, ManualDecision } from './manual-decision.ts';
export { configJsonSchema } from './option-schemas.ts';
export type {
  ControllerOptions,
  Intervals,
  Mode,
  PolicyLike,
  PoolOptions,
  PoolType,
  PredictiveRules,
  PredictorFactory,
} from './options.ts';
export {
  analyzePatterns,
  type DailyPattern,
  formatPatterns,
  type LoadPoint,
  type PatternEvent,
  type PatternOptions,
  type PatternReport,
  type QuietWindow,
  type RegimeChange,
  type Spike,
  type SpikePattern,
  type SpikeTrigger,
  type TrendPattern,
  type WeeklyPattern,
} from './patterns/index.ts';
export { type AdaptiveOptions, adaptive } from './policies/adaptive.ts';
export { type CostOptions, cost } from './policies/cost.ts';
export { createPolicy, type PolicyName, type PolicyOptions } from './policies/create-policy.ts';
export { type DemandOptions, demand } from './policies/demand.ts';
export { type EmergencyOptions, emergency } from './policies/emergency.ts';
export { createEngine } from './policies/engine.ts';
export { type LatencyOptions, latency } from './policies/latency.ts';
export type {
  EmergencyRules,
  HoldRules,
  PaceRules,
  Policy,
  PolicyEngine,
  ScalingPolicy,
  StepLimit,
} from './policies/policy.ts';
export { type PredictiveOptions, predictive } from './policies/predictive.ts';
export { type QueueDrainOptions, queueDrain } from './policies/queue-drain.ts';
export { scheduled } from './policies/scheduled.ts';
export { type SloOptions, slo } from './policies/slo.ts';
export { type TargetUtilizationOptions, targetUtilization } from './policies/target-utilization.ts';
export { type ThresholdOptions, thresholds } from './policies/thresholds.ts';
export type { PoolStatus } from './pool/pool-status.ts';
export type { ForecastAccuracy } from './predictors/accuracy.ts';
export {
  createPredictor,
  type EnsemblePredictor,
  type FeatureReading,
  type PredictorOptions,
} from './predictors/predictor.ts';
export type { PoolReconfiguration, Reconfiguration } from './reconfigure.ts';
export { formatReplay } from './replay/format-replay.ts';
export type { PoolReplay, ReplayDifference, ReplaySide } from './replay/pool-comparison.ts';
export { type ReplayOptions, type ReplayReport, type ReplaySource, replay } from './replay/replay.ts';
export { type ControllerStatus, ScalingController } from './scaling-controller.ts';
export { createSchedule, type DefaultScheduleName, defaultSchedules } from './schedule/default-schedules.ts';
export type {
  Day,
  EventSchedule,
  RuleSchedule,
  Schedule,
  ScheduleAction,
  ScheduleCommon,
  TimeRule,
  WindowSchedule,
} from './schedule/schedule.ts';
export { createScheduler, type Scheduler, type Timetable } from './schedule/scheduler.ts';
export type { UpcomingSpan } from './schedule/upcoming.ts';
export type { ShadowStanding, TrialStanding } from './shadows/shadows.ts';
export type { TrialOptions } from './shadows/trial.ts';
export { fileState, memoryState, type StateStore, type Versioned } from './state-store/index.ts';
export type {
  DashboardAccuracy,
  DashboardBudget,
  DashboardCost,
  DashboardData,
  DashboardEfficiency,
  DashboardEvent,
  DashboardFault,
  DashboardForecast,
  DashboardPool,
  DashboardQuery,
  DashboardSeries,
  DashboardShadow,
  DashboardStatus,
  DashboardTotals,
  DashboardTrial,
  DashboardUpcoming,
} from './telemetry/dashboard-data.ts';
export { type FileJournalOptions, fileJournal } from './telemetry/file-journal.ts';
export { type MemoryJournal, memoryJournal } from './telemetry/memory-journal.ts';
export { ingest, parseSignal } from './triggers/parse-signal.ts';
export type { SignalOptions } from './triggers/signal-options.ts';
export type {
  BreakerState,
  LifecycleOptions,
  Operation,
  OperationEvent,
  OperationKind,
  OperationOutcome,
} from './workers/actuator.ts';
