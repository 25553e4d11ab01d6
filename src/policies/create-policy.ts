import { adaptive, adaptiveRules, weightsOf } from './adaptive.ts';
import { cost } from './cost.ts';
import { emergency } from './emergency.ts';
import { createEngine } from './engine.ts';
import type { EmergencyRules, HoldRules, PaceRules, Policy, ScalingPolicy } from './policy.ts';
import { checkPolicyOptions, type PolicyName, type PolicyOptions } from './policy-options.ts';
import { predictive } from './predictive.ts';
import { scheduled } from './scheduled.ts';
import { signalled } from './signalled.ts';
import { type TemplateName, templates } from './templates.ts';
import { thresholds } from './thresholds.ts';

export type { PolicyName, PolicyOptions } from './policy-options.ts';

const USUAL_EMERGENCY: EmergencyRules = { threshold: 0.95, maxWorkers: 10, startTimeoutMs: 15_000 };

/** A trimmed pool runs at this share of the upper threshold: there is room left before it has to grow again. */
const TRIM = 0.9;
/** One worker of more than 20 is not worth a change to a pool that is trimmed all the time. */
const SAVING_TOLERANCE = 0.05;

/**
 * A pool's whole policy from a template's name, from options, or from a name and what differs from it.
 *
 * ```ts
 * import { createPolicy, slo } from 'flyball';
 *
 * createPolicy('conservative');
 * createPolicy('aggressive', { scaleDownCooldownMs: 300_000 });
 * createPolicy({ scaleUpThreshold: 0.75, scaleDownThreshold: 0.4, policies: [slo({ waitMs: 500 })] });
 * ```
 *
 * Every policy hears schedules, signals and emergencies besides its own rules.
 *
 * @throws InvalidOptionError naming the field
 */
export function createPolicy(
  base: PolicyName | PolicyOptions = 'adaptive',
  overrides: PolicyOptions = {},
): ScalingPolicy {
  const options = defined({
    ...(typeof base === 'string' ? { template: base } : base),
    ...defined(overrides),
  });
  const template = checkPolicyOptions(options);
  return template === 'adaptive' ? createAdaptive(options) : createFromTemplate(template, options);
}

function createAdaptive(options: PolicyOptions): ScalingPolicy {
  const { pace, hold } = adaptiveRules;
  const {
    predictive: forecasts = true,
    scaleUpCooldownMs: upCooldownMs = hold.upCooldownMs,
    scaleDownCooldownMs: downCooldownMs = hold.downCooldownMs,
  } = options;
  return assemble(options, 'adaptive', adaptive(options.adaptive), {
    rehearsal: weightsOf(options.adaptive),
    predictive: forecasts,
    emergency: emergencyOf(options.emergency, false),
    pace: { ...pace, ...options.pace },
    hold: { ...hold, upCooldownMs, downCooldownMs, ...options.hold },
  });
}

function createFromTemplate(name: TemplateName, options: PolicyOptions): ScalingPolicy {
  const settings = { ...templates[name], ...options };
  const { scaleUpThreshold, scaleDownThreshold, scalingIncrement, costOptimization, scaleDownCooldownMs } =
    settings;
  const trimTo = TRIM * scaleUpThreshold;
  const rule = thresholds({
    scaleUpThreshold,
    scaleDownThreshold,
    scalingIncrement,
    ...(costOptimization && trimTo > scaleDownThreshold && { trimTo }),
  });
  const step = { workers: scalingIncrement, ratio: settings.downStepRatio, periodMs: scaleDownCooldownMs };
  return assemble(options, name, rule, {
    predictive: settings.predictive,
    emergency: emergencyOf(options.emergency, templates[name].emergency),
    pace: { ...(scaleDownCooldownMs > 0 && { down: step }), ...options.pace },
    hold: {
      upToleranceRatio: 0,
      downToleranceRatio: costOptimization ? SAVING_TOLERANCE : 0,
      upCooldownMs: settings.scaleUpCooldownMs,
      downCooldownMs: scaleDownCooldownMs,
      upStabilizationMs: 0,
      downStabilizationMs: settings.downStabilizationFactor * scaleDownCooldownMs,
      reversalsPerHour: settings.reversalsPerHour,
      ...options.hold,
    },
  });
}

/** What a template, or `adaptive`, brings besides its rule. */
interface Surroundings extends Pick<ScalingPolicy, 'rehearsal'> {
  readonly predictive: boolean;
  readonly emergency: EmergencyRules | undefined;
  readonly pace: PaceRules;
  readonly hold: HoldRules;
}

function assemble(options: PolicyOptions, name: string, rule: Policy, around: Surroundings): ScalingPolicy {
  const { engine = createEngine } = options;
  const policies: Policy[] = [rule];
  const declaring = around.emergency && {
    threshold: around.emergency.threshold,
    maxWorkers: around.emergency.maxWorkers,
  };
  if (around.predictive) policies.push(predictive());
  policies.push(emergency(declaring), ...scheduled(), signalled('floor'), signalled('ceiling'));
  if (options.cost !== undefined) policies.push(cost(options.cost));
  if (options.policies !== undefined) policies.push(...options.policies);
  return {
    name: options.name ?? name,
    engine: engine(policies),
    pace: around.pace,
    hold: around.hold,
    ...(around.emergency !== undefined && { emergency: around.emergency }),
    predictive: around.predictive,
    ...(around.rehearsal !== undefined && { rehearsal: around.rehearsal }),
  };
}

function emergencyOf(
  given: PolicyOptions['emergency'],
  template: EmergencyRules | false,
): EmergencyRules | undefined {
  if (given === false || (given === undefined && template === false)) return undefined;
  return { ...USUAL_EMERGENCY, ...(template || {}), ...(typeof given === 'object' ? defined(given) : {}) };
}

/** Without the fields that are `undefined`: a spread would let them hide what is there. */
function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
