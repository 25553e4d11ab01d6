import { InvalidOptionError } from '../errors.ts';

const DAY = 24 * 3_600_000;

/** Refuses a field that is none, so that a misspelt `zone` is not UTC in silence. */
export function onlyFields(value: object, fields: readonly string[], field: string): void {
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown === undefined) return;
  throw new InvalidOptionError(`${field}.${unknown}`, `must be one of ${fields.join(', ')}`, unknown);
}

export function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new InvalidOptionError(field, 'must be a string that is not empty', value);
  }
  return value;
}

export function finite(value: unknown, field: string): number {
  if (!Number.isFinite(value)) throw new InvalidOptionError(field, 'must be a finite number', value);
  return value as number;
}

export function positive(value: unknown, field: string): number {
  if (finite(value, field) <= 0) throw new InvalidOptionError(field, 'must be above 0 ms', value);
  return value as number;
}

export function upToADay(value: unknown, field: string): number {
  if (finite(value, field) < 0 || (value as number) > DAY) {
    throw new InvalidOptionError(field, 'must be 0 to 86400000 ms (24 h)', value);
  }
  return value as number;
}

export function flag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new InvalidOptionError(field, 'must be true or false', value);
  return value;
}
