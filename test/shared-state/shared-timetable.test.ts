import { describe, expect, it } from 'vitest';
import { createScheduler, type Scheduler } from '../../src/schedule/scheduler.ts';
import type { Entry } from '../../src/shared-state/ledger.ts';
import { SharedTimetable } from '../../src/shared-state/shared-timetable.ts';

const at = { now: 1_700_000_000_000, monotonic: 0 };
const schedule = (name: string, size = 5) => ({
  name,
  start: { cron: '0 0 * * *' },
  durationMs: 60_000,
  action: { atLeast: size },
});
const entry = (value?: unknown): Entry => ({ key: '', term: 0, at: 1, by: 'other', value });

function setUp(...names: string[]) {
  const timetable = createScheduler(names.map((name) => schedule(name)));
  return { timetable, shared: new SharedTimetable(() => timetable) };
}

describe('a shared timetable', () => {
  it('tells what was added, changed and removed since, not what the options gave', () => {
    const { timetable, shared } = setUp('night', 'noon', 'sunday');
    expect(shared.changes(at)).toEqual([]);
    timetable.add(schedule('sale'));
    timetable.replace(timetable.schedules.map((each) => (each.name === 'noon' ? schedule('noon', 9) : each)));
    timetable.remove('sunday');
    expect(shared.changes(at)).toEqual([
      { name: 'noon', value: schedule('noon', 9) },
      { name: 'sale', value: schedule('sale') },
      { name: 'sunday' },
    ]);
    expect(shared.changes(at)).toEqual([]);
  });

  it('remembers for ever that one of the options was removed, and of others for 30 days', () => {
    const { timetable, shared } = setUp('night');
    timetable.add(schedule('sale'));
    shared.changes(at);
    timetable.replace([]);
    expect(shared.changes(at)).toEqual([
      { name: 'night' },
      { name: 'sale', until: at.now + 30 * 86_400_000 },
    ]);
  });

  it('takes over what others have changed, and does not tell it again', () => {
    const { timetable, shared } = setUp('night');
    expect(shared.take('sale', entry(schedule('sale')))).toBe(
      'schedule sale was changed at another instance',
    );
    expect(shared.take('night', entry())).toBeDefined();
    expect(timetable.schedules).toEqual([schedule('sale')]);
    expect(shared.changes(at)).toEqual([]);
    expect(shared.take('sale', entry(schedule('sale')))).toBeUndefined();
    expect(shared.take('night', entry())).toBeUndefined();
  });

  it('does not lose what was changed here meanwhile', () => {
    const { timetable, shared } = setUp();
    timetable.add(schedule('own'));
    shared.take('sale', entry(schedule('sale')));
    expect(timetable.schedules.map(({ name }) => name)).toEqual(['own', 'sale']);
    expect(shared.changes(at)).toEqual([{ name: 'own', value: schedule('own') }]);
  });

  it('refuses what is no schedule, and stays as it is', () => {
    const { timetable, shared } = setUp('night');
    for (const value of [null, 1, { name: 'other' }, { name: 'sale' }, { ...schedule('sale'), action: 3 }]) {
      expect(() => shared.take('sale', entry(value))).toThrow();
    }
    expect(timetable.schedules).toEqual([schedule('night')]);
    expect(shared.changes(at)).toEqual([]);
  });

  it('is none where the host brings a scheduler of another kind, or none', () => {
    const own: Scheduler = { at: () => ({ actions: [] }), nextChange: () => undefined };
    for (const scheduler of [own, undefined]) {
      const shared = new SharedTimetable(() => scheduler);
      expect(shared.take('sale', entry(schedule('sale')))).toBeUndefined();
      expect(shared.changes(at)).toEqual([]);
    }
  });
});
