import type { Instant } from '../core/instant.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isTimetable, type Scheduler, type Timetable } from '../schedule/scheduler.ts';
import type { Entry } from './ledger.ts';
import type { Change, SharedKind } from './shared-kind.ts';

/** A schedule that was removed, and that no options bring back, is remembered so long, ms. */
const REMOVED_MS = 30 * 24 * 3_600_000;

/** Schedules that were added, changed or removed while an instance ran: they are so everywhere, and after a restart. */
export class SharedTimetable implements SharedKind {
  readonly #schedulerNow: () => Scheduler | undefined;
  /** Of the options: what every instance begins with. */
  readonly #given: ReadonlySet<string>;
  #shared: ReadonlyMap<string, Schedule>;

  /** @param scheduler the one that is in use */
  constructor(scheduler: () => Scheduler | undefined) {
    this.#schedulerNow = scheduler;
    this.#shared = schedulesOf(this.#timetable);
    this.#given = new Set(this.#shared.keys());
  }

  get #timetable(): Timetable | undefined {
    const scheduler = this.#schedulerNow();
    return scheduler !== undefined && isTimetable(scheduler) ? scheduler : undefined;
  }

  changes({ now }: Instant): readonly Change[] {
    const before = this.#shared;
    this.#shared = schedulesOf(this.#timetable);
    const changes: Change[] = [];
    for (const [name, schedule] of this.#shared) {
      const known = before.get(name);
      if (known === schedule || (known && JSON.stringify(known) === JSON.stringify(schedule))) continue;
      changes.push({ name, value: schedule });
    }
    for (const name of before.keys()) {
      if (this.#shared.has(name)) continue;
      changes.push(this.#given.has(name) ? { name } : { name, until: now + REMOVED_MS });
    }
    return changes;
  }

  take(name: string, { value }: Entry): string | undefined {
    const timetable = this.#timetable;
    if (timetable === undefined) return undefined;
    const schedules = schedulesOf(timetable);
    const shared = new Map(this.#shared);
    const before = JSON.stringify(schedules.get(name));
    if (value === undefined) {
      schedules.delete(name);
      shared.delete(name);
    } else {
      if ((value as Partial<Schedule> | null)?.name !== name) throw new Error(`${name} is not a schedule`);
      schedules.set(name, value as Schedule);
      shared.set(name, value as Schedule);
    }
    const isNew = before !== JSON.stringify(schedules.get(name));
    if (isNew) timetable.replace([...schedules.values()]);
    this.#shared = shared;
    if (!isNew) return undefined;
    return `schedule ${name} was changed at another instance`;
  }
}

function schedulesOf(timetable: Timetable | undefined): Map<string, Schedule> {
  return new Map((timetable?.schedules ?? []).map((schedule) => [schedule.name, schedule]));
}
