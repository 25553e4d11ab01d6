import { InvalidOptionError } from '../errors.ts';

/**
 * No fields but these. A misspelt one would otherwise be ignored without a word, and its default hold.
 *
 * @param at what the options are a field of: `hold`
 */
export function checkKnown(options: object | undefined, known: readonly string[], at?: string): void {
  for (const [name, value] of Object.entries(options ?? {})) {
    if (known.includes(name)) continue;
    const field = at === undefined ? name : `${at}.${name}`;
    throw new InvalidOptionError(field, `is not an option (${known.join(', ')})`, value);
  }
}

/** A number within bounds, or the caller's mistake with its name. `undefined` passes: the default holds. */
export function checkNumber(
  field: string,
  value: number | undefined,
  rule: string,
  accepts: (value: number) => boolean,
): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isFinite(value) || !accepts(value)) {
    throw new InvalidOptionError(field, rule, value);
  }
}

/** A share above 0 and up to 1. */
export function checkShare(field: string, value: number | undefined): void {
  checkNumber(field, value, 'must be above 0 and at most 1', (share) => share > 0 && share <= 1);
}

/** A share above 0 and below 1: neither "never" nor "always" can be asked for. */
export function checkOpenShare(field: string, value: number | undefined): void {
  checkNumber(field, value, 'must be above 0 and below 1', (share) => share > 0 && share < 1);
}

/** A whole number of workers from `least` on. */
export function checkWorkers(field: string, value: number | undefined, least: number): void {
  const rule = `must be a whole number, ${least} or more`;
  checkNumber(field, value, rule, (count) => Number.isInteger(count) && count >= least);
}

/** Milliseconds above 0. */
export function checkPeriod(field: string, value: number | undefined): void {
  checkNumber(field, value, 'must be above 0 ms', (ms) => ms > 0);
}

/** Milliseconds from 0 (= off) on. */
export function checkDelay(field: string, value: number | undefined): void {
  checkNumber(field, value, 'must be 0 ms or more', (ms) => ms >= 0);
}
