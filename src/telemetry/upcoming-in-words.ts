import { workers } from '../core/format.ts';
import type { PoolId } from '../core/observation.ts';
import type { DashboardUpcoming } from './dashboard-data.ts';

/** A span of a timetable that is to come. */
export interface UpcomingSpan {
  readonly by: string;
  /** Epoch ms. */
  readonly from: number;
  /** Epoch ms; absent = no end is known. */
  readonly until?: number;
  readonly action:
    | { readonly scaleTo: number }
    | { readonly atLeast: number }
    | { readonly atMost: number }
    | { readonly policy: string };
  readonly priority: number;
  /** Absent = all. */
  readonly pools?: readonly PoolId[];
}

export function upcomingInWords({ action, ...span }: UpcomingSpan): DashboardUpcoming {
  return { ...span, action: inWords(action) };
}

function inWords(action: UpcomingSpan['action']): string {
  if ('scaleTo' in action) return `exactly ${workers(action.scaleTo)}`;
  if ('atLeast' in action) return `at least ${workers(action.atLeast)}`;
  if ('atMost' in action) return `at most ${workers(action.atMost)}`;
  return `policy ${action.policy}`;
}
