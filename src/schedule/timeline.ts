import type { Moment, Moments } from './moments.ts';
import type { ScheduleAction } from './schedule.ts';

/** One time in force. Half-open, epoch ms; `to` is `Infinity` where no end is known. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly action: ScheduleAction;
}

/** When one thing is in force. It is asked, not fired: the answer depends on the instant only. */
export interface Timeline {
  /** The span that this instant lies in; of several, the one that began last. */
  at(instant: number): Span | undefined;
  /** The first span that begins later than this instant. */
  next(instant: number): Span | undefined;
}

/** In force from each start for a duration. */
export function forDuration(start: Moments, durationMs: number, action: ScheduleAction): Timeline {
  const span = (moment: Moment | undefined): Span | undefined =>
    moment && { from: moment.at, to: moment.at + durationMs, action };
  return {
    at(instant) {
      const latest = span(start.last(instant));
      return latest && instant < latest.to ? latest : undefined;
    },
    next: (instant) => span(start.next(instant)),
  };
}

/** In force from each start to the first end after it. A window that a clock jump swallows whole does not occur. */
export function untilEnd(start: Moments, end: Moments, action: ScheduleAction): Timeline {
  const at = (instant: number): Span | undefined => {
    const latest = start.last(instant);
    if (!latest) return undefined;
    const to = end.after(latest)?.at ?? Number.POSITIVE_INFINITY;
    return instant < to ? { from: latest.at, to, action } : undefined;
  };
  return {
    at,
    next(instant) {
      let begin = start.next(instant);
      while (begin) {
        const span = at(begin.at);
        if (span) return span;
        begin = start.next(begin.at);
      }
      return undefined;
    },
  };
}

/** Each rule holds until the next one, of any of the rules. */
export function holding(
  rules: readonly { readonly moments: Moments; readonly action: ScheduleAction }[],
): Timeline {
  function at(instant: number): Span | undefined {
    let latest: Moment | undefined;
    let action: ScheduleAction | undefined;
    for (const rule of rules) {
      const moment = rule.moments.last(instant);
      if (
        moment &&
        (!latest || moment.at > latest.at || (moment.at === latest.at && moment.wall >= latest.wall))
      ) {
        latest = moment;
        action = rule.action;
      }
    }
    return latest && action && { from: latest.at, to: nextBegin(instant), action };
  }
  function nextBegin(instant: number): number {
    let begin = Number.POSITIVE_INFINITY;
    for (const rule of rules) begin = Math.min(begin, rule.moments.next(instant)?.at ?? begin);
    return begin;
  }
  return {
    at,
    next(instant) {
      const begin = nextBegin(instant);
      return begin === Number.POSITIVE_INFINITY ? undefined : at(begin);
    },
  };
}

/** In force once. */
export function once(span: Span): Timeline {
  return {
    at: (instant) => (instant >= span.from && instant < span.to ? span : undefined),
    next: (instant) => (instant < span.from ? span : undefined),
  };
}
