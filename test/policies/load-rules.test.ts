import { describe, expect, it } from 'vitest';
import { demand } from '../../src/policies/demand.ts';
import { createEngine } from '../../src/policies/engine.ts';
import { latency } from '../../src/policies/latency.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { queueDrain } from '../../src/policies/queue-drain.ts';
import { slo } from '../../src/policies/slo.ts';
import { targetUtilization } from '../../src/policies/target-utilization.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';

const size = (policy: Policy, view: ViewOptions): number =>
  createEngine([policy]).propose(createView(view)).size;
const reason = (policy: Policy, view: ViewOptions): string | undefined =>
  policy.propose(createView(view))?.reason;
const refuses = (field: string): unknown => expect.objectContaining({ name: 'InvalidOptionError', field });

describe('targetUtilization', () => {
  it.each([
    { demand: 0, to: 0 },
    { demand: 0.1, to: 1 },
    { demand: 7, to: 10 },
    { demand: 7.1, to: 11 },
    { demand: 700, to: 1000 },
  ])('demand $demand at 70%: $to', ({ demand, to }) => {
    expect(size(targetUtilization(), { demand })).toBe(to);
  });

  it('goes down when the long average agrees', () => {
    expect(size(targetUtilization({ utilization: 0.5 }), { demand: { fast: 2, slow: 5 } })).toBe(10);
  });

  it('says why', () => {
    expect(reason(targetUtilization(), { demand: 7 })).toBe('demand 7 at 70% busy: 10 workers');
  });

  it('refuses a utilization outside of 0..1', () => {
    expect(() => targetUtilization({ utilization: 0 })).toThrow(refuses('utilization'));
    expect(() => targetUtilization({ utilization: 70 })).toThrow(refuses('utilization'));
  });
});

describe('demand', () => {
  it.each([
    { demand: 0, to: 0 },
    { demand: 1, to: 3 },
    { demand: 4, to: 7 },
    { demand: 100, to: 111 },
    { demand: 10_000, to: 10_107 },
  ])('demand $demand: $to, headroom by the square root', ({ demand: load, to }) => {
    expect(size(demand(), { demand: load })).toBe(to);
  });

  it('needs less headroom where a worker has several slots: they scatter less', () => {
    expect(size(demand(), { demand: 16, slotsPerWorker: 1 })).toBe(21);
    expect(size(demand(), { demand: 16, slotsPerWorker: 16 })).toBe(18);
  });

  it('has more headroom the fewer jobs may wait', () => {
    const sizes = [0.5, 0.2, 0.05, 0.01].map((waitRatio) => size(demand({ waitRatio }), { demand: 50 }));
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(new Set(sizes).size).toBe(4);
  });

  it('says why', () => {
    expect(reason(demand(), { demand: 4 })).toBe('demand 4 + 2.1, so that 20% wait: 7 workers');
  });

  it('refuses a share that cannot be had', () => {
    expect(() => demand({ waitRatio: 0 })).toThrow(refuses('waitRatio'));
    expect(() => demand({ waitRatio: 1 })).toThrow(refuses('waitRatio'));
  });
});

describe('queueDrain', () => {
  /** 5 jobs of 2 s arrive a second; 120 wait. */
  const backlog: ViewOptions = {
    ready: 10,
    busy: 10,
    queued: 120,
    flow: { arrivalsPerSecond: 5, serviceTimeMs: 2000 },
  };

  it('serves the arrivals and drains the backlog in time', () => {
    expect(size(queueDrain({ withinMs: 60_000 }), backlog)).toBe(14);
    expect(size(queueDrain({ withinMs: 10_000 }), backlog)).toBe(34);
    expect(size(queueDrain(), { ...backlog, queued: 0 })).toBe(10);
  });

  it('counts slots', () => {
    expect(size(queueDrain(), { ...backlog, slotsPerWorker: 4 })).toBe(4);
  });

  it('takes the busy workers for the arrivals where no rate is known', () => {
    expect(size(queueDrain(), { ready: 10, busy: 7, queued: 60, flow: null })).toBe(8);
  });

  it('takes one slot for each waiting job where no service time is known', () => {
    const unknown: ViewOptions = { ready: 2, busy: 2, queued: 6, flow: null, demand: { backlogSeconds: 0 } };
    expect(size(queueDrain(), unknown)).toBe(8);
    expect(size(queueDrain(), { ...unknown, slotsPerWorker: 2 })).toBe(5);
  });

  it('asks for no more while the workers that it asked for start', () => {
    const engine = createEngine([queueDrain()]);
    expect(engine.propose(createView({ ...backlog, starting: 4 })).size).toBe(14);
  });

  it('says why', () => {
    expect(reason(queueDrain(), backlog)).toBe(
      '10 for arrivals + 4 to drain 120 waiting in 60 s: 14 workers',
    );
  });

  it('refuses a promise of no time', () => {
    expect(() => queueDrain({ withinMs: 0 })).toThrow(refuses('withinMs'));
  });
});

describe('slo', () => {
  /** The call centre of every textbook: 10 erlangs; 14 agents answer 88.8% within 20 s, 13 do 79.6%. */
  const calls: ViewOptions = {
    ready: 14,
    busy: 10,
    flow: { arrivalsPerSecond: 1 / 18, serviceTimeMs: 180_000 },
  };

  it.each([
    { waitMs: 20_000, lateRatio: 0.21, to: 13 },
    { waitMs: 20_000, lateRatio: 0.2, to: 14 },
    { waitMs: 20_000, lateRatio: 0.12, to: 14 },
    { waitMs: 20_000, lateRatio: 0.01, to: 18 },
    { waitMs: 0, lateRatio: 0.2, to: 14 },
  ])('$lateRatio over $waitMs ms: $to', ({ to, ...options }) => {
    expect(size(slo(options), calls)).toBe(to);
  });

  it('needs more workers the more arrivals and service vary', () => {
    const options = { waitMs: 20_000, lateRatio: 0.05 };
    const vary = (arrivalVariation: number): number =>
      size(slo(options), { ...calls, flow: { ...calls.flow, arrivalVariation } });
    expect(vary(0)).toBeLessThan(vary(4));
    expect(vary(4)).toBeLessThan(vary(40));
  });

  it('adds workers for what waits already', () => {
    const flow = { arrivalsPerSecond: 10, serviceTimeMs: 1000 };
    const calm = size(slo(), { ready: 14, busy: 10, flow });
    // 90 s of work in a start-up time of 30 s: 3 more.
    expect(size(slo(), { ready: 14, busy: 14, queued: 90, flow, startup: { p50Ms: 30_000 } })).toBe(calm + 3);
  });

  it('thinks in slots', () => {
    const flow = { arrivalsPerSecond: 10, serviceTimeMs: 1000 };
    const single = size(slo(), { ready: 14, busy: 10, flow });
    expect(size(slo(), { ready: 14, busy: 2, slotsPerWorker: 4, flow })).toBe(Math.ceil(single / 4));
  });

  it('has no opinion where the host reports no rate or no service time', () => {
    expect(slo().propose(createView({ flow: null }))).toBeUndefined();
  });

  it('says why', () => {
    expect(reason(slo({ waitMs: 20_000, lateRatio: 0.12 }), calls)).toBe(
      'arrivals of 10, so that 11% wait over 20 s: 14 workers',
    );
  });

  it('refuses what no pool can promise', () => {
    expect(() => slo({ waitMs: -1 })).toThrow(refuses('waitMs'));
    expect(() => slo({ lateRatio: 0 })).toThrow(refuses('lateRatio'));
  });
});

describe('latency', () => {
  const flow = { arrivalsPerSecond: 10, serviceTimeMs: 1000 };
  const calm: ViewOptions = { ready: 14, busy: 10, flow };

  it.each([
    { waitMs: 1000, to: 11 },
    { waitMs: 100, to: 13 },
    { waitMs: 10, to: 16 },
  ])('a mean wait of $waitMs ms: $to', ({ waitMs, to }) => {
    expect(size(latency({ waitMs }), calm)).toBe(to);
  });

  it('leaves of a response time what the service does not take', () => {
    expect(size(latency({ responseMs: 1100 }), calm)).toBe(size(latency({ waitMs: 100 }), calm));
  });

  it('does not chase a service that takes longer than the objective', () => {
    expect(size(latency({ responseMs: 500 }), calm)).toBe(size(latency({ waitMs: 50 }), calm));
    const slow: ViewOptions = { ...calm, queued: 1, flow: { ...flow, responseTimeMs: 1010 } };
    expect(size(latency({ responseMs: 500 }), slow)).toBeLessThan(17);
  });

  it('believes the measurement where it is worse than the model', () => {
    const late: ViewOptions = { ...calm, queued: 3, flow: { ...flow, waitTimeMs: 1500 } };
    expect(size(latency({ waitMs: 1000 }), late)).toBe(21);
    expect(reason(latency({ waitMs: 1000 }), late)).toBe(
      'the measured wait of 1.5 s is above 1 s: 21 workers',
    );
  });

  it('grows on a measurement by twice the serving workers at most, not by those that start', () => {
    const late: ViewOptions = { ready: 4, busy: 4, queued: 9, flow: { waitTimeMs: 60_000 } };
    const measuredOnly = { ...createView(late), flow: { waitTimeMs: 60_000 } };
    expect(latency({ waitMs: 1000 }).propose(measuredOnly)?.size).toBe(8);
    expect(latency({ waitMs: 1000 }).propose({ ...measuredOnly, starting: 4, size: 8 })?.size).toBe(8);
    expect(latency({ waitMs: 1000 }).propose({ ...measuredOnly, starting: 8, size: 12 })?.size).toBe(12);
  });

  it('takes no old measurement for news: nothing waits any more', () => {
    const past: ViewOptions = { ...calm, queued: 0, flow: { ...flow, waitTimeMs: 60_000 } };
    expect(size(latency({ waitMs: 1000 }), past)).toBe(11);
  });

  it('has no opinion on nothing', () => {
    expect(latency({ waitMs: 1000 }).propose(createView({ flow: null }))).toBeUndefined();
  });

  it('says why', () => {
    expect(reason(latency({ waitMs: 100 }), calm)).toBe(
      'arrivals of 10, for a wait under 100 ms: 13 workers',
    );
  });

  it('needs exactly one objective', () => {
    expect(() => latency({} as never)).toThrow(refuses('latency'));
    expect(() => latency({ waitMs: 1, responseMs: 1 } as never)).toThrow(refuses('latency'));
    expect(() => latency({ waitMs: 0 })).toThrow(refuses('waitMs'));
    expect(() => latency({ responseMs: Number.NaN })).toThrow(refuses('responseMs'));
  });
});
