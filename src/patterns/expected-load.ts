import { median } from 'simple-statistics';
import type { LoadBins } from './load-bins.ts';
import type { DailyPattern, WeeklyPattern } from './season.ts';

const DAY_MS = 86_400_000;

/**
 * What each bin would be without anything special: the level (median of the day around it) and, where there is a
 * pattern, what its time of day usually adds; with a weekly pattern, apart for weekdays and weekends. Medians, so that a spike does not raise what is
 * expected of its hour. In the space of square roots, where counted load varies alike at any height (Anscombe, "The
 * transformation of Poisson, binomial and negative-binomial data", 1948).
 *
 * @returns √load expected of each bin, and what the load really was above it.
 */
export function deseasonalize(
  bins: LoadBins,
  daily: DailyPattern | undefined,
  weekly: WeeklyPattern | undefined,
): { readonly expected: Float64Array; readonly residual: Float64Array } {
  const roots = bins.load.map(Math.sqrt);
  const level = rollingMedian(roots, Math.max(3, Math.round(DAY_MS / bins.stepMs)));
  const perDay = Math.round(DAY_MS / bins.stepMs);
  const slots = daily?.isPresent ? (weekly?.isPresent ? perDay * 2 : perDay) : 1;
  // Bins of a slot are one step apart on the wall; the hour and the place within it name the slot.
  const perHour = perDay / 24;
  const slotOf = (i: number): number => {
    if (slots === 1) return 0;
    const within = Math.floor(((bins.at[i] as number) / bins.stepMs) % perHour);
    const slot = (bins.hour[i] as number) * perHour + within;
    return slots === perDay || (bins.weekday[i] as number) < 5 ? slot : perDay + slot;
  };
  const gathered: number[][] = Array.from({ length: slots }, () => []);
  for (const [i, root] of roots.entries()) {
    if (!Number.isNaN(root)) gathered[slotOf(i)]?.push(root - (level[i] as number));
  }
  const usual = widenCircle(gathered.map((values) => (values.length === 0 ? 0 : median(values))));
  const expected = level.map((value, i) => Math.max(0, value + (usual[slotOf(i)] as number)));
  return { expected, residual: roots.map((root, i) => root - (expected[i] as number)) };
}

/** The highest of a slot and its neighbours: what comes five minutes early is no spike. */
function widenCircle(values: readonly number[]): number[] {
  const n = values.length;
  return values.map((value, i) =>
    Math.max(value, values[(i + 1) % n] as number, values[(i + n - 1) % n] as number),
  );
}

/** Centred; looks at about 48 values of each window, which is enough for a level. NaN is left out. */
function rollingMedian(values: Float64Array, width: number): Float64Array {
  const stride = Math.max(1, Math.floor(width / 48));
  const half = Math.floor(width / 2);
  let last = 0;
  const result = new Float64Array(values.length);
  // The level moves slowly: it is worked out at every stride and kept in between.
  for (let i = 0; i < values.length; i += stride) {
    const window: number[] = [];
    // At the ends the window is pushed inwards, so that it always covers whole days.
    const begin = Math.max(0, Math.min(values.length - 1 - 2 * half, i - half));
    for (let k = begin; k <= Math.min(values.length - 1, begin + 2 * half); k += stride) {
      const value = values[k] as number;
      if (!Number.isNaN(value)) window.push(value);
    }
    if (window.length > 0) last = median(window);
    result.fill(last, i, i + stride);
  }
  return result;
}
