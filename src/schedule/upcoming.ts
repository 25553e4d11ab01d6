import type { PoolId } from '../core/observation.ts';
import type { ParsedSchedule } from './parse-schedule.ts';
import type { ScheduleAction } from './schedule.ts';

/** One time in force that is still to come. */
export interface UpcomingSpan {
  /** Name of the schedule. */
  readonly by: string;
  /** Epoch ms. */
  readonly from: number;
  /** Epoch ms; absent = no end is known. */
  readonly until?: number;
  readonly action: ScheduleAction;
  readonly priority: number;
  /** Absent = all. */
  readonly pools?: readonly PoolId[];
}

/** The next `count` spans of these schedules that begin after `now`, by their begin. */
export function upcoming(
  schedules: readonly ParsedSchedule[],
  now: number,
  count: number,
): readonly UpcomingSpan[] {
  const heads = schedules.flatMap((schedule) =>
    schedule.timelines.map((timeline) => ({ schedule, timeline, span: timeline.next(now) })),
  );
  const spans: UpcomingSpan[] = [];
  while (spans.length < count) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.span && (!first?.span || head.span.from < first.span.from)) first = head;
    }
    if (!first?.span) break;
    const { schedule, timeline, span } = first;
    spans.push({
      by: schedule.name,
      from: span.from,
      ...(span.to === Number.POSITIVE_INFINITY ? {} : { until: span.to }),
      action: span.action,
      priority: schedule.priority,
      ...(schedule.pools && { pools: [...schedule.pools] }),
    });
    first.span = timeline.next(span.from);
  }
  return spans;
}
