import { describe, expect, it } from 'vitest';
import type { Proposal } from '../../src/core/decision.ts';
import type { ActiveSignal } from '../../src/core/signal.ts';
import type { ScheduledAction } from '../../src/core/view.ts';
import { cost } from '../../src/policies/cost.ts';
import { demand } from '../../src/policies/demand.ts';
import { emergency } from '../../src/policies/emergency.ts';
import { createEngine } from '../../src/policies/engine.ts';
import { scheduled } from '../../src/policies/scheduled.ts';
import { signalled } from '../../src/policies/signalled.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';

const { now } = createView();
const refuses = (field: string): unknown => expect.objectContaining({ name: 'InvalidOptionError', field });

function signal(fields: Partial<ActiveSignal>): ActiveSignal {
  return {
    type: 'load-spike',
    magnitude: 0.5,
    raisedAt: now - 1000,
    expiresAt: now + 60_000,
    emergency: false,
    reason: 'load spike',
    ...fields,
  };
}

describe('emergency', () => {
  const alarm = (view: ViewOptions): Proposal | undefined =>
    emergency({ threshold: 0.95 }).propose(createView(view));

  it.each([
    { view: { size: 20, demand: 18.9 }, to: undefined, why: 'just below the threshold' },
    { view: { size: 20, demand: 19 }, to: 21, why: 'at the threshold: one more' },
    { view: { size: 20, demand: 25 }, to: 27, why: 'what the demand needs (25 / 0.95)' },
    { view: { size: 20, demand: 60 }, to: 30, why: '10 more at most' },
    { view: { size: 0, demand: 0 }, to: undefined, why: 'nothing to do is no emergency' },
    { view: { size: 0, demand: 3 }, to: 4, why: 'work and no workers is one' },
    { view: { ready: 20, starting: 7, demand: 25 }, to: undefined, why: 'enough workers are on their way' },
    { view: { ready: 20, starting: 7, demand: 60 }, to: 30, why: 'those on their way count against the 10' },
    { view: { ready: 20, starting: 15, demand: 60 }, to: 35, why: 'it never asks for fewer than there are' },
    {
      view: { size: 20, busy: 12, demand: 20 },
      to: undefined,
      why: 'the workers are not that busy (any more)',
    },
  ])('$why: $to', ({ view, to }) => {
    expect(alarm(view)?.size).toBe(to);
  });

  it('is a floor, marked as an emergency', () => {
    expect(alarm({ size: 20, demand: 25 })).toEqual({
      kind: 'floor',
      size: 27,
      reason: 'emergency: demand 25 on 20 workers (125%) needs 27 workers: 27',
      emergency: true,
    });
    expect(alarm({ size: 20, demand: 60 })?.reason).toBe(
      'emergency: demand 60 on 20 workers (300%) needs 64 workers, of which 10 more are allowed: 30',
    );
  });

  it('counts the 10 from the size that the pool had when it began', () => {
    const lasting = { sizeBefore: 20, sinceMs: 90_000 };
    expect(alarm({ size: 30, demand: 60, emergency: lasting })?.size).toBe(30);
    expect(alarm({ size: 26, demand: 60, emergency: lasting })?.size).toBe(30);
  });

  it('sees a backlog', () => {
    const view: ViewOptions = { size: 5, busy: 5, queued: 600, demand: { fast: 4, backlogSeconds: 600 } };
    expect(alarm(view)?.size).toBe(15);
  });

  describe('on a signal', () => {
    it('believes the demand that it tells to expect', () => {
      const signals = [signal({ emergency: true, expectedDemand: 7, reason: 'campaign' })];
      expect(alarm({ size: 4, demand: 2, signals })).toMatchObject({
        size: 8,
        emergency: true,
        reason: 'emergency: campaign; an expected demand of 7 needs 8 workers: 8',
      });
    });

    it('raises demand by its magnitude where it tells none', () => {
      const signals = [signal({ emergency: true, magnitude: 0.9 })];
      expect(alarm({ size: 10, demand: 8, signals })?.size).toBe(16);
    });

    it('grows only, and by 10 at most', () => {
      const expects = (expectedDemand: number): ActiveSignal[] => [
        signal({ emergency: true, expectedDemand }),
      ];
      expect(alarm({ size: 12, demand: 2, signals: expects(1) })?.size).toBe(12);
      expect(alarm({ size: 12, demand: 2, signals: expects(99) })?.size).toBe(22);
    });

    it('needs no threshold', () => {
      const overrun = createView({ size: 4, demand: 9 });
      expect(emergency().propose(overrun)).toBeUndefined();
      expect(emergency().propose({ ...overrun, signals: [signal({ emergency: true })] })).toBeDefined();
    });

    it.each([
      { why: 'no emergency', fields: { emergency: false } },
      { why: 'expired', fields: { emergency: true, expiresAt: now } },
      { why: "another pool's", fields: { emergency: true, pool: 'other' } },
    ])('ignores one that is $why', ({ fields }) => {
      expect(alarm({ size: 4, demand: 2, signals: [signal(fields)] })).toBeUndefined();
    });
  });

  it('refuses options that mean nothing', () => {
    expect(() => emergency({ threshold: 0 })).toThrow(refuses('threshold'));
    expect(() => emergency({ maxWorkers: 0 })).toThrow(refuses('maxWorkers'));
  });
});

describe('scheduled', () => {
  const engine = createEngine([demand(), emergency(), ...scheduled()]);

  function action(
    kind: ScheduledAction['kind'],
    size: number,
    fields: Partial<ScheduledAction> = {},
  ): ScheduledAction {
    return { by: 'office', kind, size, priority: 0, reason: `office: ${kind} ${size}`, ...fields };
  }

  /** Demand 4 needs 7 workers. */
  const decide = (actions: ScheduledAction[], view: ViewOptions = {}): Proposal =>
    engine.propose(createView({ size: 4, demand: 4, schedule: { actions }, ...view }));

  it.each([
    { name: 'nothing without an action', actions: [], to: 7 },
    { name: 'at least 9', actions: [action('atLeast', 9)], to: 9 },
    { name: 'at least 3: load needs more', actions: [action('atLeast', 3)], to: 7 },
    { name: 'at most 5', actions: [action('atMost', 5)], to: 5 },
    { name: 'at most 9: load needs less', actions: [action('atMost', 9)], to: 7 },
    { name: 'exactly 9', actions: [action('scaleTo', 9)], to: 9 },
    { name: 'exactly 3', actions: [action('scaleTo', 3)], to: 3 },
    { name: 'the highest floor', actions: [action('atLeast', 9), action('atLeast', 11)], to: 11 },
    { name: 'the lowest ceiling', actions: [action('atMost', 6), action('atMost', 5)], to: 5 },
    { name: 'a ceiling before a floor', actions: [action('atLeast', 9), action('atMost', 5)], to: 5 },
  ])('$name: $to', ({ actions, to }) => {
    expect(decide(actions).size).toBe(to);
  });

  it('speaks with the words of the schedule', () => {
    expect(decide([action('atLeast', 9)]).reason).toBe('office: atLeast 9');
  });

  it('gives way to an emergency, except where it says that it does not', () => {
    const signals = [signal({ emergency: true, expectedDemand: 10 })];
    expect(decide([action('scaleTo', 5)], { signals }).size).toBe(11);
    expect(decide([action('atMost', 5, { emergencyOverride: false })], { signals }).size).toBe(5);
    expect(
      decide([action('atMost', 5), action('atMost', 8, { emergencyOverride: false })], { signals }).size,
    ).toBe(8);
  });

  it('holds no pool up without a schedule', () => {
    expect(scheduled().map((policy) => policy.propose(createView()))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('signalled', () => {
  const engine = createEngine([demand(), signalled('floor'), signalled('ceiling')]);
  const size = (...signals: ActiveSignal[]): number =>
    engine.propose(createView({ size: 4, demand: 4, signals })).size;

  it('raises the floor for the largest demand that is expected', () => {
    expect(size(signal({ expectedDemand: 9 }), signal({ expectedDemand: 12 }))).toBe(12);
    expect(size(signal({ expectedDemand: 2 }))).toBe(7);
  });

  it('cuts to the lowest ceiling', () => {
    expect(
      size(signal({ type: 'rate-limit', ceiling: 5 }), signal({ type: 'cost-threshold', ceiling: 3 })),
    ).toBe(3);
  });

  it('ignores what has expired and what is meant for other pools', () => {
    expect(size(signal({ ceiling: 2, expiresAt: now }), signal({ expectedDemand: 99, pool: 'other' }))).toBe(
      7,
    );
  });

  it('says why', () => {
    const view = createView({ signals: [signal({ expectedDemand: 9, ceiling: 3, reason: 'launch' })] });
    expect(signalled('floor').propose(view)?.reason).toBe('launch; a demand of 9 is expected: 9 workers');
    expect(signalled('ceiling').propose(view)?.reason).toBe('launch; at most 3 workers while it lasts');
  });
});

describe('cost', () => {
  const engine = createEngine([demand(), cost({ maxCostPerHour: 2.5, workerCostPerHour: 0.12 })]);

  it('caps the size at what the budget pays for', () => {
    expect(engine.propose(createView({ size: 4, demand: 40 })).size).toBe(20);
    expect(engine.propose(createView({ size: 4, demand: 4 })).size).toBe(7);
  });

  it('is not fooled by rounding: 0.3 at 0.1 is 3', () => {
    expect(cost({ maxCostPerHour: 0.3, workerCostPerHour: 0.1 }).propose(createView())?.size).toBe(3);
  });

  it('says why', () => {
    expect(engine.propose(createView({ size: 4, demand: 40 })).reason).toBe(
      '2.5 an hour at 0.12 each: at most 20 workers',
    );
  });

  it('refuses a budget that is none', () => {
    expect(() => cost({ maxCostPerHour: 0, workerCostPerHour: 1 })).toThrow(refuses('maxCostPerHour'));
    expect(() => cost({ maxCostPerHour: 1 } as never)).toThrow(refuses('workerCostPerHour'));
  });
});
