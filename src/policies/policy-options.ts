import { InvalidOptionError } from '../errors.ts';
import type { AdaptiveOptions } from './adaptive.ts';
import { checkDelay, checkKnown, checkNumber, checkPeriod, checkWorkers } from './check-options.ts';
import type { CostOptions } from './cost.ts';
import { checkPolicies } from './engine.ts';
import type { EmergencyRules, HoldRules, PaceRules, Policy, PolicyEngine, StepLimit } from './policy.ts';
import { type TemplateName, templates } from './templates.ts';

/** Every policy that has a name. */
export type PolicyName = 'adaptive' | TemplateName;

/** Options of `createPolicy`. What is left out comes from the template. */
export interface PolicyOptions {
  /**
   * Where the other fields come from. Default `adaptive`; where a threshold or the increment is given, which
   * `adaptive` has not, `conservative`.
   */
  readonly template?: PolicyName;
  /** For decisions and logs. Default: the template's name. */
  readonly name?: string;
  /** Demand over size above which the pool grows. Above 0, at most 1. Not for `adaptive`. */
  readonly scaleUpThreshold?: number;
  /** Demand over size below which the pool shrinks. From 0, below `scaleUpThreshold`. Not for `adaptive`. */
  readonly scaleDownThreshold?: number;
  /** The smallest step, in either direction. Workers, 1 or more. Not for `adaptive`. */
  readonly scalingIncrement?: number;
  /** No scale-up before this time has passed since the last scale-up. Milliseconds, 0 = off. */
  readonly scaleUpCooldownMs?: number;
  /** No scale-down before this time has passed since the last change in either direction. Milliseconds, 0 = off. */
  readonly scaleDownCooldownMs?: number;
  /** Forecasts may raise the floor. They never lower a size. */
  readonly predictive?: boolean;
  /**
   * Let idle workers go although load is between the thresholds: the pool is trimmed to nine tenths of
   * `scaleUpThreshold` when neither now nor lately more was needed. Not for `adaptive`, which does so anyway.
   */
  readonly costOptimization?: boolean;
  /** What `adaptive` weighs. Only for `adaptive`, which needs none of it. */
  readonly adaptive?: AdaptiveOptions;
  /** A budget, as a ceiling. Default: none. */
  readonly cost?: CostOptions;
  /**
   * What to do when the pool saturates. `true` or some of the fields: the rest is 0.95, 10 workers, 15,000 ms.
   * `false`: only signals marked as an emergency begin one.
   */
  readonly emergency?: boolean | Partial<EmergencyRules>;
  /** Further rules, own ones too: their voices join the template's. */
  readonly policies?: readonly Policy[];
  /** How voices become one proposal. Default `createEngine`. */
  readonly engine?: (policies: readonly Policy[]) => PolicyEngine;
  /** Overrides the largest steps per period; fields that are given replace the template's. */
  readonly pace?: PaceRules;
  /** Overrides when a wanted change waits; fields that are given replace the template's. */
  readonly hold?: Partial<HoldRules>;
}

const HOLD_FIELDS: readonly (keyof HoldRules)[] = [
  'upToleranceRatio',
  'downToleranceRatio',
  'upCooldownMs',
  'downCooldownMs',
  'upStabilizationMs',
  'downStabilizationMs',
  'reversalsPerHour',
];

const FIELDS: Readonly<Record<keyof PolicyOptions, true>> = {
  template: true,
  name: true,
  scaleUpThreshold: true,
  scaleDownThreshold: true,
  scalingIncrement: true,
  scaleUpCooldownMs: true,
  scaleDownCooldownMs: true,
  predictive: true,
  costOptimization: true,
  adaptive: true,
  cost: true,
  emergency: true,
  policies: true,
  engine: true,
  pace: true,
  hold: true,
};

/** Fields that only the threshold templates have. */
const THRESHOLD_FIELDS = [
  'scaleUpThreshold',
  'scaleDownThreshold',
  'scalingIncrement',
  'costOptimization',
] as const;

/**
 * Checks every field but the thresholds, which their rule checks. Gives the name of the template that is meant.
 *
 * @throws InvalidOptionError naming the field
 */
export function checkPolicyOptions(options: PolicyOptions): PolicyName {
  checkFields(options);
  const field = THRESHOLD_FIELDS.find((name) => options[name] !== undefined);
  const template = options.template ?? (field === undefined ? 'adaptive' : 'conservative');
  if (template !== 'adaptive' && !Object.hasOwn(templates, template)) {
    const names = ['adaptive', ...Object.keys(templates)].join(', ');
    throw new InvalidOptionError('template', `must be one of ${names}`, template);
  }
  if (template === 'adaptive' && field !== undefined) {
    throw new InvalidOptionError(field, 'is not for adaptive, which has no thresholds', options[field]);
  }
  if (template !== 'adaptive' && options.adaptive !== undefined) {
    throw new InvalidOptionError('adaptive', `is not for ${template}`, options.adaptive);
  }
  return template;
}

function checkFields(options: PolicyOptions): void {
  checkKnown(options, Object.keys(FIELDS));
  checkDelay('scaleUpCooldownMs', options.scaleUpCooldownMs);
  checkDelay('scaleDownCooldownMs', options.scaleDownCooldownMs);
  if (typeof options.emergency === 'object') {
    checkKnown(options.emergency, ['threshold', 'maxWorkers', 'startTimeoutMs'], 'emergency');
    checkNumber('emergency.threshold', options.emergency.threshold, 'must be above 0', (ratio) => ratio > 0);
    checkWorkers('emergency.maxWorkers', options.emergency.maxWorkers, 1);
    checkPeriod('emergency.startTimeoutMs', options.emergency.startTimeoutMs);
  }
  if (options.policies !== undefined) checkPolicies('policies', options.policies);
  checkHold(options.hold ?? {});
  checkKnown(options.pace, ['up', 'down'], 'pace');
  checkStep('pace.up', options.pace?.up);
  checkStep('pace.down', options.pace?.down);
}

function checkHold(hold: Partial<HoldRules>): void {
  checkKnown(hold, HOLD_FIELDS, 'hold');
  checkNumber('hold.upToleranceRatio', hold.upToleranceRatio, 'must be 0 to 1', isRatio);
  checkNumber('hold.downToleranceRatio', hold.downToleranceRatio, 'must be 0 to 1', isRatio);
  checkDelay('hold.upCooldownMs', hold.upCooldownMs);
  checkDelay('hold.downCooldownMs', hold.downCooldownMs);
  checkDelay('hold.upStabilizationMs', hold.upStabilizationMs);
  checkDelay('hold.downStabilizationMs', hold.downStabilizationMs);
  // Infinity is allowed: no budget.
  if (hold.reversalsPerHour !== undefined && !(hold.reversalsPerHour >= 1)) {
    throw new InvalidOptionError('hold.reversalsPerHour', 'must be 1 or more', hold.reversalsPerHour);
  }
}

function checkStep(field: string, step: StepLimit | undefined): void {
  if (step === undefined) return;
  checkKnown(step, ['workers', 'ratio', 'periodMs'], field);
  if (step.periodMs === undefined) throw new InvalidOptionError(`${field}.periodMs`, 'is needed', undefined);
  checkPeriod(`${field}.periodMs`, step.periodMs);
  checkWorkers(`${field}.workers`, step.workers, 1);
  checkNumber(`${field}.ratio`, step.ratio, 'must be above 0', (ratio) => ratio > 0);
}

const isRatio = (value: number): boolean => value >= 0 && value <= 1;
