import type { Calendar } from './calendar.ts';
import type { ZoneClock } from './zone-clock.ts';

/** One occurrence: when it is, and what the wall should show. The two differ where a jump left the time out. */
export interface Moment {
  /** Epoch ms. */
  readonly at: number;
  /** Wall time as `ZoneClock` counts it. Orders moments that a jump puts on one instant. */
  readonly wall: number;
}

/** The instants at which a calendar occurs in a time zone, in order of `at`, then `wall`. */
export interface Moments {
  /** The last one up to and including this instant. */
  last(instant: number): Moment | undefined;
  /** The first one later than this instant. */
  next(instant: number): Moment | undefined;
  /** The first one after this moment, which may be another calendar's of the same zone. */
  after(moment: Moment): Moment | undefined;
}

export function createMoments(calendar: Calendar, clock: ZoneClock): Moments {
  return calendar.everyHour ? followingTheClock(calendar, clock) : onceEach(calendar, clock);
}

/** Each wall time once: what a jump leaves out comes at the jump, what is shown twice comes the first time. */
function onceEach(calendar: Calendar, clock: ZoneClock): Moments {
  const moment = (wall: number | undefined): Moment | undefined =>
    wall === undefined ? undefined : { at: clock.instantOf(wall), wall };
  return {
    last: (instant) => moment(calendar.last(clock.reached(instant))),
    next: (instant) => moment(calendar.next(clock.reached(instant))),
    after({ at, wall }) {
      // At a jump several walls share the instant, and `reached` is past them all; elsewhere, in an hour that
      // repeats, `wall` is behind what is reached.
      return moment(calendar.next(clock.instantOf(wall) === at ? wall : clock.reached(at)));
    },
  };
}

/** Whenever the wall shows the time: twice in an hour that repeats, not at all in one that is left out. */
function followingTheClock(calendar: Calendar, clock: ZoneClock): Moments {
  function next(instant: number): Moment | undefined {
    let stretch = clock.stretchAt(instant);
    let wall = calendar.next(instant + stretch.offsetMs);
    while (wall !== undefined && wall - stretch.offsetMs >= stretch.to) {
      stretch = clock.stretchAt(stretch.to);
      wall = calendar.next(stretch.from + stretch.offsetMs - 1);
    }
    return wall === undefined ? undefined : { at: wall - stretch.offsetMs, wall };
  }
  return {
    next,
    last(instant) {
      let stretch = clock.stretchAt(instant);
      let wall = calendar.last(instant + stretch.offsetMs);
      while (wall !== undefined && wall - stretch.offsetMs < stretch.from) {
        stretch = clock.stretchAt(stretch.from - 1);
        wall = calendar.last(stretch.to + stretch.offsetMs - 1);
      }
      return wall === undefined ? undefined : { at: wall - stretch.offsetMs, wall };
    },
    after({ at, wall }) {
      const candidate = next(at - 1);
      return candidate && candidate.at === at && candidate.wall <= wall ? next(at) : candidate;
    },
  };
}
