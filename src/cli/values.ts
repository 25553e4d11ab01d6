import { UsageError } from './usage-error.ts';

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `120s`, `2m`, `500ms`, `1.5h`, `7d`; a bare number is seconds. Gives ms. */
export function parseDuration(option: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?$/.exec(text.trim()) ?? [];
  if (number === undefined)
    throw new UsageError(`${option} must be a duration such as 120s, 2m or 500ms, got "${text}"`);
  return Number(number) * (UNITS_MS[unit ?? 's'] as number);
}

export function parseCount(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new UsageError(`${option} must be a whole number, got "${text}"`);
  }
  return value;
}

/** `0.001` or `0.1%`. */
export function parseShare(option: string, text: string): number {
  const [, number, percent] = /^(\d*\.?\d+)\s*(%)?$/.exec(text.trim()) ?? [];
  const value = Number(number) / (percent === undefined ? 1 : 100);
  if (!(value >= 0 && value <= 1))
    throw new UsageError(`${option} must be a share such as 0.001 or 0.1%, got "${text}"`);
  return value;
}

export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  if (!(choices as readonly string[]).includes(text)) {
    throw new UsageError(`${option} must be ${choices.join(' or ')}, got "${text}"`);
  }
  return text as T;
}
