import { duration, figure, percent } from '../core/format.ts';

export { duration, figure, percent };

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** 14:02:31; of another day Mon 14:02. */
export function clockTime(at: number, now: number): string {
  return isSameDay(at, now) ? CLOCK.format(at) : DAY.format(at);
}

function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** Today 14:02, otherwise Tue 14:02. */
export function moment(at: number, now: number): string {
  return isSameDay(at, now) ? CLOCK.format(at).slice(0, 5) : DAY.format(at);
}

export function fullTime(at: number): string {
  return FULL.format(at);
}

/** "in 5 min", "12 s ago", "now". */
export function fromNow(at: number, now: number): string {
  const ms = Math.abs(at - now);
  if (ms < 1_000) return 'now';
  const span = duration(ms < 60_000 ? Math.round(ms / 1_000) * 1_000 : Math.round(ms / 60_000) * 60_000);
  return at > now ? `in ${span}` : `${span} ago`;
}

/** A time that has passed, to the second: 30,612 → "31 s". */
export function period(ms: number): string {
  return duration(Math.round(ms / 1_000) * 1_000);
}

/** 1 → "1 job", 3 → "3 jobs". */
export function count(value: number, noun: string): string {
  const text = amount(value);
  return `${text} ${noun}${text === '1' ? '' : 's'}`;
}

/** 1,234.5 → "1,235"; 12.34 → "12.3". */
export function amount(value: number): string {
  return Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en-GB') : figure(value);
}

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log2(value) / 10));
  return `${figure(value / 1024 ** power)} ${BYTES[power]}`;
}
