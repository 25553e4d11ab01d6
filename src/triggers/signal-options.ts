import { InvalidOptionError } from '../errors.ts';

/** When a signal is raised and what it leads to. Every field has a default that suits most. */
export interface SignalOptions {
  /** Score from which a spike is detected, 0..1. Default 0.7. */
  readonly spikeThreshold?: number;
  /** Score from which a detected spike is an emergency, 0..1. Default 0.9. */
  readonly emergencyThreshold?: number;
  /** Magnitude above which a raised spike is an emergency, 0..1. Default 0.8. */
  readonly emergencyMagnitude?: number;
  /** Used share of a rate limit above which throttling is advised, 0..1. Default 0.7. */
  readonly throttleRatio?: number;
  /** Used share of a rate limit above which the pool is cut, 0..1. Default 0.9. */
  readonly rateLimitRatio?: number;
  /** Failed share of the jobs below which no alarm is raised, 0..1. Default 0.1. */
  readonly errorRatio?: number;
  /** Failed share against the usual one from which an alarm is raised, 1 or more. Default 2. */
  readonly errorFactor?: number;
  /** How long signals last unless raised again, ms. Default 300,000 (5 min). */
  readonly durationMs?: number;
  /** How long emergencies last unless raised again, ms. Default 600,000 (10 min). */
  readonly emergencyDurationMs?: number;
  /** How long a cost threshold lasts unless raised again, ms. Default 3,600,000 (1 h). */
  readonly costDurationMs?: number;
}

export type ResolvedSignalOptions = Required<SignalOptions>;

const DEFAULTS: ResolvedSignalOptions = {
  spikeThreshold: 0.7,
  emergencyThreshold: 0.9,
  emergencyMagnitude: 0.8,
  throttleRatio: 0.7,
  rateLimitRatio: 0.9,
  errorRatio: 0.1,
  errorFactor: 2,
  durationMs: 5 * 60_000,
  emergencyDurationMs: 10 * 60_000,
  costDurationMs: 60 * 60_000,
};

/** @throws InvalidOptionError, with `field` as the path of the options in the caller's */
export function resolveSignalOptions(given: SignalOptions = {}, field = 'signals'): ResolvedSignalOptions {
  const resolved: { -readonly [Name in keyof SignalOptions]: number } = { ...DEFAULTS };
  for (const [key, value] of Object.entries(given)) {
    const name = key as keyof SignalOptions;
    if (!(name in DEFAULTS)) throw new InvalidOptionError(`${field}.${name}`, 'is not an option', value);
    if (value === undefined) continue;
    const [rule, accepts] = ruleOf(name);
    if (typeof value !== 'number' || !accepts(value)) {
      throw new InvalidOptionError(`${field}.${name}`, rule, value);
    }
    resolved[name] = value;
  }
  const options = resolved as ResolvedSignalOptions;
  ordered(field, options, 'spikeThreshold', 'emergencyThreshold');
  ordered(field, options, 'throttleRatio', 'rateLimitRatio');
  return options;
}

function ruleOf(name: keyof SignalOptions): [string, (value: number) => boolean] {
  if (name.endsWith('Ms')) return ['must be above 0 ms', (ms) => ms > 0 && Number.isFinite(ms)];
  if (name === 'errorFactor')
    return ['must be 1 or more', (factor) => factor >= 1 && Number.isFinite(factor)];
  return ['must be above 0 and at most 1', (share) => share > 0 && share <= 1];
}

function ordered(
  field: string,
  options: ResolvedSignalOptions,
  low: keyof SignalOptions,
  high: keyof SignalOptions,
): void {
  if (options[low] <= options[high]) return;
  throw new InvalidOptionError(
    `${field}.${high}`,
    `must be at least ${low} (${options[low]})`,
    options[high],
  );
}
