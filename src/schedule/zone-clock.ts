import { tzOffset } from '@date-fns/tz';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A time during which a zone keeps one offset. Half-open, epoch ms. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offsetMs: number;
}

/**
 * The clock on a wall of one time zone. A wall time is a number: ms of that date and time as if it were UTC, so that
 * 08:00 on 24 November 2026 is `Date.UTC(2026, 10, 24, 8)` in every zone.
 */
export interface ZoneClock {
  readonly zone: string;
  /** The stretch that an instant lies in. A stretch ends at each offset change, and at each year's. */
  stretchAt(instant: number): Stretch;
  /**
   * The latest wall minute that was shown, or jumped over, up to this instant. Unlike the clock it never runs back:
   * in the hour that repeats it stays where the first pass left it.
   */
  reached(instant: number): number;
  /**
   * The first instant at which the wall shows this time or a later one. One rule for both oddities: a time that a
   * jump leaves out comes at the jump; a time that is shown twice comes the first time.
   */
  instantOf(wall: number): number;
}

const clocks = new Map<string, ZoneClock>();

/** The clock of an IANA zone; `zone` must be known to `Intl`. One object per zone, as offsets are costly to find. */
export function zoneClock(zone: string): ZoneClock {
  let clock = clocks.get(zone);
  if (!clock) clocks.set(zone, (clock = createZoneClock(zone)));
  return clock;
}

function createZoneClock(zone: string): ZoneClock {
  const years = new Map<number, readonly Stretch[]>();
  let latest: Stretch = { from: 0, to: 0, offsetMs: 0 };

  function stretchAt(instant: number): Stretch {
    if (instant >= latest.from && instant < latest.to) return latest;
    const year = new Date(instant).getUTCFullYear();
    let stretches = years.get(year);
    if (!stretches) years.set(year, (stretches = stretchesOf(zone, year)));
    latest = stretches.find((stretch) => instant < stretch.to) as Stretch;
    return latest;
  }

  return {
    zone,
    stretchAt,
    reached(instant) {
      const now = stretchAt(instant);
      const before = stretchAt(now.from - 1);
      const shown = Math.floor((instant + now.offsetMs) / MINUTE) * MINUTE;
      return Math.max(shown, before.to + before.offsetMs - MINUTE);
    },
    instantOf(wall) {
      // Offsets lie between -12 h and +14 h, so the instant is at most 14 h before its wall time taken as UTC.
      let stretch = stretchAt(wall - DAY);
      while (wall >= stretch.to + stretch.offsetMs) stretch = stretchAt(stretch.to);
      return Math.max(stretch.from, wall - stretch.offsetMs);
    },
  };
}

/**
 * The stretches of one year. Looks weekly and halves to the minute: the library's own `tzScan` looks hourly, which
 * puts the half-hour changes of Lord Howe, at 15:30 UTC, half an hour late.
 */
function stretchesOf(zone: string, year: number): readonly Stretch[] {
  const offsetAt = (instant: number): number => tzOffset(zone, new Date(instant)) * MINUTE;
  const end = Date.UTC(year + 1, 0);
  const stretches: Stretch[] = [];
  let from = Date.UTC(year, 0);
  let offsetMs = offsetAt(from);
  for (let known = from; known < end; ) {
    const next = Math.min(known + 7 * DAY, end);
    const nextOffset = offsetAt(next - MINUTE);
    if (nextOffset !== offsetMs) {
      let [before, after] = [known, next - MINUTE];
      while (after - before > MINUTE) {
        const middle = Math.floor((before + after) / 2 / MINUTE) * MINUTE;
        if (offsetAt(middle) === offsetMs) before = middle;
        else after = middle;
      }
      stretches.push({ from, to: after, offsetMs });
      from = after;
      offsetMs = offsetAt(after);
      known = after;
    } else {
      known = next;
    }
  }
  stretches.push({ from, to: end, offsetMs });
  return stretches;
}
