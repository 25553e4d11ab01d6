import { describe, expect, it } from 'vitest';
import type { StopRequest, WorkerId } from '../../src/core/model.ts';
import { InvalidOptionError, NotLeaderError } from '../../src/errors.ts';
import type { Fault } from '../../src/events.ts';
import type { Candidacy, Leadership } from '../../src/leadership/leadership.ts';
import type { LeadershipEvent } from '../../src/leadership/standing.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { HandPool, HandReplicas } from '../hand-pool.ts';

/** One worker for each job that is busy or waits. */
const greedy: Policy = {
  name: 'greedy',
  propose: ({ busy, queued }) => ({ kind: 'target', size: busy + queued, reason: `${busy} + ${queued}` }),
};

/** Leadership that a test gives and takes. */
class HandLeadership implements Leadership {
  /** Monotonic ms. */
  leadsUntil = Number.NEGATIVE_INFINITY;
  fencingToken: number | undefined;
  candidate: Candidacy | undefined;
  left = 0;

  isLeader({ monotonic }: { monotonic: number }): boolean {
    return monotonic < this.leadsUntil;
  }

  join(candidate: Candidacy): void {
    this.candidate = candidate;
  }

  async leave(): Promise<void> {
    this.left += 1;
  }

  elect(token: number, until: number = Number.POSITIVE_INFINITY): void {
    this.fencingToken = token;
    this.leadsUntil = until;
  }

  depose(): void {
    this.leadsUntil = Number.NEGATIVE_INFINITY;
  }
}

class DrainingPool extends HandPool {
  onDrain: () => Promise<void> = () => Promise.resolve();
  readonly drains: WorkerId[] = [];

  async drainWorker(id: WorkerId): Promise<void> {
    this.drains.push(id);
    await this.onDrain();
  }
}

function setUp(adapter: HandPool | HandReplicas = new HandPool({ ready: 2, busy: 2, queued: 3 })) {
  const clock = new VirtualClock();
  const leadership = new HandLeadership();
  const controller = new ScalingController({
    pools: [{ id: 'pool', adapter, policy: greedy, minWorkers: 1, maxWorkers: 10 }],
    clock,
    leadership,
  });
  const changes: LeadershipEvent[] = [];
  const faults: Fault[] = [];
  controller.on('leadership', (change) => changes.push(change));
  controller.on('fault', (fault) => faults.push(fault));
  const tick = async () => {
    await clock.advance(15_000);
    return controller.tick();
  };
  return { clock, leadership, controller, changes, faults, tick };
}

describe('a follower', () => {
  it('observes and decides, and does not act', async () => {
    const adapter = new HandPool({ ready: 2, busy: 2, queued: 3 });
    const { controller, changes, tick } = setUp(adapter);
    const { pools } = await tick();
    expect(pools[0]).toMatchObject({ acted: false, decision: { from: 2, to: 5 } });
    expect(adapter.starts).toEqual([]);
    expect(controller.status()).toMatchObject({ leadership: { leader: false } });
    expect(changes).toEqual([]);
  });

  it('carries out no decision by hand either', async () => {
    const { controller, tick } = setUp();
    await tick();
    await expect(controller.apply('pool', { to: 4 })).rejects.toThrow(NotLeaderError);
  });

  it('acts from the tick on in which it leads, and each action carries the token', async () => {
    const adapter = new HandPool({ ready: 2, busy: 2, queued: 3 });
    const { clock, leadership, controller, changes, tick } = setUp(adapter);
    await tick();
    leadership.elect(7);
    await tick();
    expect(adapter.starts).toHaveLength(3);
    expect(adapter.starts[0]).toMatchObject({ fencingToken: 7 });
    expect(controller.status()).toMatchObject({ leadership: { leader: true, fencingToken: 7 } });
    expect(controller.dashboard()).toMatchObject({ leadership: { leader: true, fencingToken: 7 } });
    expect(changes).toEqual([{ at: clock.now(), leader: true, fencingToken: 7 }]);
  });

  it('looks at once when leadership may have changed', async () => {
    const adapter = new HandPool({ ready: 2, busy: 2, queued: 3 });
    const { clock, leadership, controller } = setUp(adapter);
    controller.start();
    await clock.advance(1_000);
    leadership.elect(1);
    leadership.candidate?.changed();
    await clock.advance(300);
    expect(adapter.starts).toHaveLength(3);
    await controller.stop();
  });
});

describe('a leader', () => {
  it('does not act on a decision once its lease may have run out', async () => {
    const adapter = new DrainingPool({
      ready: 2,
      busy: 1,
      workers: [
        { id: 'a', state: 'ready' },
        { id: 'b', state: 'ready', busy: 1 },
      ],
    });
    const { clock, leadership, faults, tick } = setUp(adapter);
    leadership.elect(1, clock.monotonic() + 16_000);
    adapter.onDrain = () => clock.sleep(5_000);
    await tick();
    expect(adapter.drains).toEqual(['a']);
    // The drain ends after the lease: the stop that would follow is refused.
    await clock.advance(6_000);
    expect(adapter.stops).toEqual([]);
    await tick();
    expect(adapter.stops).toEqual([]);
    expect(faults.filter(({ recovered }) => !recovered).map(({ source }) => source)).toEqual(['stop']);
  });

  it('passes the token with stops, too', async () => {
    const adapter = new DrainingPool({ ready: 2, busy: 1, workers: [{ id: 'a', state: 'ready' }] });
    const { leadership, tick } = setUp(adapter);
    leadership.elect(3);
    await tick();
    await tick();
    expect(adapter.stops.map(({ request }: { request: StopRequest }) => request.fencingToken)).toEqual([3]);
  });

  it('calls off what is in flight when it leads no more, and tries nothing again', async () => {
    const adapter = new HandPool({ ready: 2, busy: 2, queued: 3 });
    const { clock, leadership, controller, changes, tick } = setUp(adapter);
    leadership.elect(1);
    const aborted: unknown[] = [];
    adapter.onStart = (signal) => {
      signal.addEventListener('abort', () => aborted.push(signal.reason));
      return clock.sleep(600_000, signal);
    };
    await tick();
    expect(controller.operations()).toHaveLength(3);
    leadership.depose();
    await tick();
    expect(aborted).toHaveLength(3);
    expect(controller.operations()).toEqual([]);
    for (let i = 0; i < 20; i++) await tick();
    expect(adapter.starts).toHaveLength(3);
    expect(changes.map(({ leader }) => leader)).toEqual([true, false]);
  });

  it('forgets the size that it asked for: the next leader may want another', async () => {
    const replicas = new HandReplicas();
    const { leadership, controller, faults, tick } = setUp(replicas);
    leadership.elect(1);
    replicas.state = { ready: 1, busy: 1, queued: 4 };
    await tick();
    expect(replicas.asked).toEqual([5]);
    leadership.depose();
    await tick();
    replicas.state = { ready: 9, busy: 9, queued: 0 };
    await tick();
    expect(controller.status().pools[0]).toMatchObject({ size: 9 });
    expect(faults).toEqual([]);
  });

  it('calls off what is in flight when its term is over, though the next one is its own', async () => {
    const adapter = new HandPool({ ready: 2, busy: 2, queued: 3 });
    const { clock, leadership, controller, changes, tick } = setUp(adapter);
    leadership.elect(1);
    const aborted: unknown[] = [];
    adapter.onStart = (signal) => {
      signal.addEventListener('abort', () => aborted.push(signal.reason));
      return clock.sleep(600_000, signal);
    };
    await tick();
    leadership.elect(3);
    await tick();
    expect(aborted).toHaveLength(3);
    expect(adapter.starts.slice(3)).toMatchObject(Array(3).fill({ fencingToken: 3 }));
    expect(controller.operations()).toHaveLength(3);
    expect(changes).toMatchObject([
      { leader: true, fencingToken: 1 },
      { leader: false },
      { leader: true, fencingToken: 3 },
    ]);
  });

  it('gives leadership up when it stops, once', async () => {
    const { leadership, controller, tick } = setUp();
    await tick();
    await controller.stop();
    await controller.stop();
    expect(leadership.left).toBe(1);
  });
});

describe('the option', () => {
  it('tells faults of the election once, and when they are over', async () => {
    const { leadership, faults, tick } = setUp();
    await tick();
    for (let i = 0; i < 3; i++) leadership.candidate?.failed(new Error('nobody answers'));
    leadership.candidate?.recovered();
    expect(faults).toMatchObject([
      { source: 'leadership', message: 'nobody answers' },
      { source: 'leadership', recovered: true },
    ]);
  });

  it('is checked', () => {
    const options = { pools: [], leadership: { isLeader: () => true } as unknown as Leadership };
    expect(() => new ScalingController(options)).toThrow(InvalidOptionError);
  });

  it('is absent from the status of an instance that is alone', () => {
    const controller = new ScalingController({ pools: [] });
    expect(controller.status()).not.toHaveProperty('leadership');
    expect(controller.dashboard()).not.toHaveProperty('leadership');
  });
});
