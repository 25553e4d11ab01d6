/**
 * The schedule rules once more, the slow and plain way: minute by minute over a table of what the wall shows, made
 * with `Intl` alone. Shares nothing with src/schedule.
 */
const MINUTE = 60_000;
const HOUR = 3_600_000;

/** What the wall of a zone shows in each minute from `start` on: minutes since the epoch, as if it were UTC. */
export interface WallTable {
  readonly zone: string;
  readonly start: number;
  readonly walls: Int32Array;
  /** Indexes at which the offset changes. */
  readonly changes: readonly number[];
}

export function wallTable(zone: string, start: number, end: number): WallTable {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const shown = (instant: number): number => {
    const [month, day, year, hour, minute] = [...format.format(instant).matchAll(/\d+/g)].map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return Date.UTC(year, month - 1, day, hour, minute) / MINUTE;
  };

  const walls = new Int32Array((end - start) / MINUTE);
  let first = shown(start);
  for (let hour = start; hour < end; hour += HOUR) {
    const next = shown(hour + HOUR);
    const index = (hour - start) / MINUTE;
    for (let i = 0; i < 60; i++)
      walls[index + i] = next - first === 60 ? first + i : shown(hour + i * MINUTE);
    first = next;
  }
  const changes: number[] = [];
  for (let i = 1; i < walls.length; i++) {
    if ((walls[i] as number) - (walls[i - 1] as number) !== 1) changes.push(i);
  }
  return { zone, start, walls, changes };
}

/** Minutes of the wall at which something happens. */
export interface Pattern {
  readonly minute: (minute: number) => boolean;
  readonly hour: (hour: number) => boolean;
  readonly everyHour: boolean;
  readonly day: (date: Date) => boolean;
}

/** Whether a wall minute is one of the pattern's; each day is looked at once. */
export function matcher(pattern: Pattern, table: WallTable): (wall: number) => boolean {
  const firstDay = Math.floor((table.walls[0] as number) / 1440) - 2;
  const days = new Int8Array(table.walls.length / 1440 + 6).fill(-1);
  const minutes = new Uint8Array(1440);
  for (let i = 0; i < 1440; i++)
    minutes[i] = pattern.hour(Math.floor(i / 60)) && pattern.minute(i % 60) ? 1 : 0;
  return (wall) => {
    const day = Math.floor(wall / 1440);
    if (minutes[wall - day * 1440] === 0) return false;
    const known = days[day - firstDay] as number;
    if (known >= 0) return known === 1;
    const matches = pattern.day(new Date(day * 24 * HOUR));
    days[day - firstDay] = matches ? 1 : 0;
    return matches;
  };
}

export interface Source {
  readonly matches: (wall: number) => boolean;
  readonly everyHour: boolean;
  /** What it leads to: an action's size, or 0 = closed. */
  readonly size: number;
  /** Minutes after which it closes again; absent = it lasts until another source speaks. */
  readonly minutes?: number;
}

/**
 * The size in force in each minute of [from, to), indexes into the table; -1 = not known yet. Sources that happen in
 * the same minute of the wall: the later one in the list counts.
 */
export function sizesByMinute(
  table: WallTable,
  from: number,
  to: number,
  sources: readonly Source[],
): Int16Array {
  const { walls } = table;
  const sizes = new Int16Array(to - from).fill(-1);
  let reached = (walls[from] as number) - 1;
  let size = -1;
  let closesAt = Number.POSITIVE_INFINITY;
  // A window that was opened before `from` is closed after its length at the latest.
  const known = Math.max(0, ...sources.map((source) => source.minutes ?? 0));
  const settles = sources.every((source) => source.minutes !== undefined)
    ? from + known
    : Number.POSITIVE_INFINITY;

  for (let i = from; i < to; i++) {
    const shown = walls[i] as number;
    if (i === settles && size === -1) size = 0;
    if (i >= closesAt) {
      size = 0;
      closesAt = Number.POSITIVE_INFINITY;
    }
    // Every minute of the wall that this minute of time passes: none in an hour that repeats, many at a jump.
    for (let wall = Math.min(reached + 1, shown); wall <= shown; wall++) {
      for (const source of sources) {
        const happens = source.everyHour ? wall === shown : wall > reached;
        if (!happens || !source.matches(wall)) continue;
        size = source.size;
        closesAt = source.minutes === undefined ? Number.POSITIVE_INFINITY : i + source.minutes;
      }
    }
    reached = Math.max(reached, shown);
    sizes[i - from] = size;
  }
  return sizes;
}
