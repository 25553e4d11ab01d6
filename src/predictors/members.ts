import type { LoadScales, SeasonalHints } from './features.ts';

/** The ensemble's members, in the order of their slots. */
export const MEMBER_NAMES = ['last', 'ridge', 'season', 'yesterday', 'week', 'like-days', 'mean'] as const;
export type MemberName = (typeof MEMBER_NAMES)[number];
export const MEMBER_COUNT: number = MEMBER_NAMES.length;
export const LAST = 0;
export const RIDGE = 1;
export const YESTERDAY = 3;

/**
 * What each member expects, NaN where it has no opinion:
 * last: as now · ridge: regression over all features · season: as now, plus the usual change of like days ·
 * yesterday, week: as at this time then · like-days: the mean of like days at this time · mean: as in the last
 * half hour.
 */
export function writeMembers(
  into: Float32Array,
  from: number,
  scales: LoadScales,
  hints: SeasonalHints,
  ridge: number,
): void {
  into[from] = scales.level;
  into[from + 1] = Math.max(0, ridge);
  into[from + 2] = Math.max(0, scales.level + hints.likeDaysChange);
  into[from + 3] = hints.yesterday;
  into[from + 4] = hints.lastWeek;
  into[from + 5] = hints.likeDays;
  into[from + 6] = scales.means[3] as number;
}
