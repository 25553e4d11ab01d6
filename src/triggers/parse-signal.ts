import type { Signal, SignalType } from '../core/signal.ts';
import { InvalidOptionError } from '../errors.ts';

type Check = readonly [rule: string, accepts: (value: unknown) => boolean];

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const share: Check = ['must be a number from 0 to 1', (value) => isNumber(value) && value >= 0 && value <= 1];
const notNegative: Check = ['must be a number, 0 or more', (value) => isNumber(value) && value >= 0];
const positive: Check = ['must be a number above 0', (value) => isNumber(value) && value > 0];
const flag: Check = ['must be true or false', (value) => typeof value === 'boolean'];
const text: Check = ['must be a text', (value) => typeof value === 'string' && value !== ''];

const COMMON: Readonly<Record<string, Check>> = {
  pool: text,
  name: text,
  reason: text,
  durationMs: positive,
};

/** By type: the fields that are needed, and those that may be given. */
const FIELDS: Readonly<
  Record<SignalType, { needed: Readonly<Record<string, Check>>; optional?: Readonly<Record<string, Check>> }>
> = {
  'load-spike': { needed: { magnitude: share }, optional: { expectedDemand: notNegative, emergency: flag } },
  'rate-limit': { needed: { current: notNegative, limit: positive } },
  'error-rate': { needed: { errorRatio: share } },
  external: { needed: { expectedDemand: notNegative }, optional: { emergency: flag } },
  'cost-threshold': { needed: { costPerHour: positive, maxCostPerHour: positive } },
};

/**
 * A signal from outside, checked: all that is needed is there, nothing is there that is not known, every number is
 * within its range. `field` is what the signal is called in the error.
 *
 * @throws InvalidOptionError
 */
export function parseSignal(input: unknown, field = 'signal'): Signal {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidOptionError(field, 'must be an object', input);
  }
  const given = input as Record<string, unknown>;
  const known = typeof given.type === 'string' && Object.hasOwn(FIELDS, given.type);
  if (!known) {
    const types = Object.keys(FIELDS).join(', ');
    throw new InvalidOptionError(`${field}.type`, `must be one of ${types}`, given.type);
  }
  const { needed, optional } = FIELDS[given.type as SignalType];
  const signal: Record<string, unknown> = { type: given.type };
  for (const [name, value] of Object.entries(given)) {
    if (name === 'type' || value === undefined) continue;
    const check = own(needed, name) ?? own(optional, name) ?? own(COMMON, name);
    if (check === undefined) {
      throw new InvalidOptionError(`${field}.${name}`, `is not a field of ${given.type}`, value);
    }
    const [rule, accepts] = check;
    if (!accepts(value)) throw new InvalidOptionError(`${field}.${name}`, rule, value);
    signal[name] = value;
  }
  for (const [name, [rule]] of Object.entries(needed)) {
    if (signal[name] === undefined) throw new InvalidOptionError(`${field}.${name}`, rule, undefined);
  }
  return signal as unknown as Signal;
}

/** Numbers that the webhook's sender wrote as text. */
const NUMERIC = /^-?\d+(\.\d+)?$/;

/**
 * A webhook's body, parsed from JSON, as a signal: either the signal itself, or a CloudEvents envelope
 * (`{ specversion, type: 'com.example.load-spike', data: { magnitude: 0.9 } }`) whose type ends with the signal's. Numbers
 * may come as text. Who may send one is the host's to decide, before it calls this.
 *
 * @throws InvalidOptionError, for which a 400 is the right answer
 */
export function ingest(body: unknown): Signal {
  const { specversion, type, data } = (body ?? {}) as Record<string, unknown>;
  if (specversion === undefined) return parseSignal(numbersOf(body), 'body');
  const name = typeof type === 'string' ? type.slice(type.lastIndexOf('.') + 1) : type;
  if (typeof data !== 'object' || data === null) {
    throw new InvalidOptionError('body.data', 'must be an object', data);
  }
  return parseSignal({ ...(numbersOf(data) as object), type: name }, 'body.data');
}

function numbersOf(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const isText = (name: string): boolean => own(COMMON, name) === text;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) =>
      typeof value === 'string' && NUMERIC.test(value) && !isText(name)
        ? [name, Number(value)]
        : [name, value],
    ),
  );
}

function own(checks: Readonly<Record<string, Check>> | undefined, name: string): Check | undefined {
  return checks !== undefined && Object.hasOwn(checks, name) ? checks[name] : undefined;
}
