import { tzOffset } from '@date-fns/tz';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A time during which a zone keeps one offset. Half-open, epoch ms. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offsetMs: number;
  /** The last wall minute that was shown before it. */
  readonly shownBefore: number;
}

/**
 * The clock on a wall of one time zone. A wall time is a number: ms of that date and time as if it were UTC, so that
 * 08:00 on 24 November 2026 is `Date.UTC(2026, 10, 24, 8)` in every zone.
 */
export interface ZoneClock {
  readonly zone: string;
  /** The stretch that an instant lies in. One ends at each offset change, and with each year. */
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

/** The clock of an IANA zone; `undefined` = `Intl` does not know it. One per zone, as offsets are costly to find. */
export function zoneClock(zone: string): ZoneClock | undefined {
  const known = clocks.get(zone);
  if (known !== undefined || !isZone(zone)) return known;
  const clock = createZoneClock(zone);
  clocks.set(zone, clock);
  return clock;
}

function isZone(zone: string): boolean {
  // An offset such as '+02:00', which newer runtimes take, is no zone: it knows no DST.
  if (!/^[a-z]/i.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function createZoneClock(zone: string): ZoneClock {
  const years = new Map<number, readonly Stretch[]>();
  let latest: Stretch = { from: 0, to: 0, offsetMs: 0, shownBefore: 0 };

  function stretchAt(instant: number): Stretch {
    if (instant >= latest.from && instant < latest.to) return latest;
    const year = new Date(instant).getUTCFullYear();
    const stretches = years.get(year) ?? stretchesOf(zone, year);
    years.set(year, stretches);
    latest = stretches.find((stretch) => instant < stretch.to) as Stretch;
    return latest;
  }

  return {
    zone,
    stretchAt,
    reached(instant) {
      const { offsetMs, shownBefore } = stretchAt(instant);
      return Math.max(shownBefore, Math.floor((instant + offsetMs) / MINUTE) * MINUTE);
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
  const begin = Date.UTC(year, 0);
  // A week early, so that the first stretch knows of an hour that repeats over New Year.
  let from = begin - 7 * DAY;
  let shownBefore = from - MINUTE + offsetAt(from - MINUTE);
  let offsetMs = offsetAt(from);
  for (let known = from; known < end - MINUTE; ) {
    const ahead = Math.min(known + 7 * DAY, end - MINUTE);
    if (offsetAt(ahead) === offsetMs) {
      known = ahead;
      continue;
    }
    let [before, after] = [known, ahead];
    while (after - before > MINUTE) {
      const middle = Math.floor((before + after) / 2 / MINUTE) * MINUTE;
      if (offsetAt(middle) === offsetMs) before = middle;
      else after = middle;
    }
    stretches.push({ from, to: after, offsetMs, shownBefore });
    shownBefore = after - MINUTE + offsetMs;
    from = after;
    offsetMs = offsetAt(after);
    known = after;
  }
  stretches.push({ from, to: end, offsetMs, shownBefore });
  return stretches
    .filter(({ to }) => to > begin)
    .map((stretch) => ({ ...stretch, from: Math.max(stretch.from, begin) }));
}
