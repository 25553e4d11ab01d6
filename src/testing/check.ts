import { InvalidOptionError } from '../errors.ts';

/** A finite number of at least `least`; anything else is the caller's mistake. */
export function atLeast(field: string, value: number, least: number): number {
  if (!(Number.isFinite(value) && value >= least)) {
    throw new InvalidOptionError(field, `must be a number of at least ${least}`, value);
  }
  return value;
}

export function positive(field: string, value: number): number {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new InvalidOptionError(field, 'must be a number above 0', value);
  }
  return value;
}

/** A share, 0..1. */
export function share(field: string, value: number): number {
  if (!(value >= 0 && value <= 1)) throw new InvalidOptionError(field, 'must be between 0 and 1', value);
  return value;
}

export function wholeNumber(field: string, value: number, least: number): number {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    throw new InvalidOptionError(field, `must be a whole number of at least ${least}`, value);
  }
  return value;
}

export function oneOf<T>(field: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    throw new InvalidOptionError(
      field,
      `must be ${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}`,
      value,
    );
  }
  return value;
}
