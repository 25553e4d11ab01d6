import { describe, expect, it } from 'vitest';
import type { PoolObservation } from '../../src/core/observation.ts';
import type { LifecycleOptions } from '../../src/workers/lifecycle-options.ts';
import { type ScriptedCall, Stage, settle } from './scripted-pool.ts';

/** An orchestrator that the test plays. */
function orchestrator(ready: number, lifecycle: LifecycleOptions = {}) {
  const shown: { ready: number; starting?: number; draining?: number } = { ready };
  const calls: (ScriptedCall & { size: number })[] = [];
  const observe = (): PoolObservation => ({ busy: 0, queued: 0, ...shown });
  const adapter = {
    observe,
    scaleTo: (size: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        calls.push({ size, worker: '', request: undefined, signal, resolve: () => resolve(), reject });
      }),
  };
  return { shown, calls, stage: new Stage(adapter, observe, lifecycle) };
}

describe('ReplicaScaler', () => {
  it('has the size that is observed until it is asked for one', async () => {
    const { shown, calls, stage } = orchestrator(3);
    shown.starting = 1;
    expect(await stage.at(0)).toEqual({ ready: 3, starting: 1, retrying: 0, draining: 0, size: 4 });
    stage.scaleTo(4);
    expect(calls).toEqual([]);
  });

  it('asks at once, and has the size that it asked for while the orchestrator works toward it', async () => {
    const { shown, calls, stage } = orchestrator(2);
    await stage.at(0);
    stage.scaleTo(5);
    expect(calls.map(({ size }) => size)).toEqual([5]);
    expect(stage.review()).toMatchObject({ ready: 2, starting: 3, size: 5 });
    calls[0]?.resolve();
    expect(await stage.at(15)).toMatchObject({ ready: 2, starting: 3, size: 5 });
    stage.scaleTo(5);
    shown.ready = 5;
    expect(await stage.at(30)).toMatchObject({ ready: 5, starting: 0, size: 5 });
    expect(calls).toHaveLength(1);
    expect(stage.outcomes()).toEqual(['scale started', 'scale completed']);
  });

  it('does not count those on their way out', async () => {
    const { calls, stage } = orchestrator(5);
    await stage.at(0);
    stage.scaleTo(3);
    calls[0]?.resolve();
    expect(await stage.at(15)).toEqual({ ready: 3, starting: 0, retrying: 0, draining: 2, size: 3 });
  });

  it('has one call in flight: a newer wish takes the place of an older one', async () => {
    const { calls, stage } = orchestrator(1);
    await stage.at(0);
    stage.scaleTo(3);
    stage.scaleTo(4);
    stage.scaleTo(4);
    expect(calls.map(({ size, signal }) => [size, signal.aborted])).toEqual([
      [3, true],
      [4, false],
    ]);
    calls[0]?.reject(new Error('aborted'));
    calls[1]?.resolve();
    await stage.at(1);
    expect(stage.faults).toEqual([]);
    expect(stage.outcomes()).toEqual([
      'scale started',
      'scale cancelled',
      'scale started',
      'scale completed',
    ]);
  });

  it('asks again for a size that a superseded call may have changed', async () => {
    const { calls, stage } = orchestrator(2);
    await stage.at(0);
    stage.scaleTo(5);
    stage.scaleTo(2);
    expect(calls.map(({ size }) => size)).toEqual([5, 2]);
  });

  it('retries what is refused, opens the breaker after five times, and recovers', async () => {
    const { shown, calls, stage } = orchestrator(1);
    await stage.at(0);
    stage.scaleTo(2);
    const askedAt: number[] = [];
    for (let second = 0; second <= 60; second++) {
      if (second > 0) await stage.at(second);
      for (const call of calls.splice(0)) {
        askedAt.push(second);
        if (second < 45) call.reject(new Error('forbidden'));
        else call.resolve();
      }
      await settle();
      if (second === 20) expect(stage.actuator.breaker).toBe('open');
      if (second === 20) expect(stage.review()).toMatchObject({ size: 2, retrying: 1 });
      if (second === 20) expect(stage.actuator.nextDeadline()).toBe(45_000);
    }
    expect(askedAt).toEqual([0, 1, 3, 7, 15, 45]);
    expect(stage.actuator.breaker).toBe('closed');
    expect(stage.messages()).toEqual([
      'scaleTo(2) failed: forbidden',
      '5 calls of scaleTo() in a row have failed; the next one is made in 30 s',
      'scaleTo() is accepted again',
      'scaleTo() was accepted: the circuit is closed',
    ]);
    shown.ready = 2;
    expect(await stage.at(61)).toMatchObject({ ready: 2, size: 2, retrying: 0 });
  });

  it('cuts a call at its deadline, and takes a late acceptance all the same', async () => {
    const { calls, stage } = orchestrator(1);
    await stage.at(0);
    stage.scaleTo(2);
    expect(stage.actuator.nextDeadline()).toBe(30_000);
    await stage.at(30);
    expect(calls[0]?.signal.aborted).toBe(true);
    await stage.at(31);
    expect(calls).toHaveLength(2);
    calls[0]?.resolve();
    await stage.at(32);
    expect(calls[1]?.signal.aborted).toBe(true);
    expect(stage.actuator.operations()).toEqual([]);
    await stage.at(300);
    expect(calls).toHaveLength(2);
  });

  it('survives an adapter that throws', async () => {
    const stage = new Stage(
      {
        observe: () => ({ ready: 1, busy: 0, queued: 0 }),
        scaleTo: () => {
          throw new Error('thrown');
        },
      },
      () => ({ ready: 1, busy: 0, queued: 0 }),
    );
    await stage.at(0);
    stage.scaleTo(2);
    await stage.at(1);
    expect(stage.messages()).toEqual(['scaleTo(2) failed: thrown']);
  });

  it('stops: calls off what is in flight at the deadline', async () => {
    const { calls, stage } = orchestrator(1);
    await stage.at(0);
    stage.scaleTo(2);
    await stage.actuator.stop(AbortSignal.abort());
    stage.scaleTo(3);
    await stage.at(1000);
    expect(calls.map(({ size, signal }) => [size, signal.aborted])).toEqual([[2, true]]);
    expect(stage.actuator.operations()).toEqual([]);
  });
});

describe('learning from replicas', () => {
  it('takes those asked for first to be ready first, halfway between two observations', async () => {
    const { shown, calls, stage } = orchestrator(1);
    await stage.at(0);
    stage.scaleTo(2);
    calls[0]?.resolve();
    await stage.at(10);
    stage.scaleTo(4);
    calls[1]?.resolve();
    for (let second = 20; second <= 40; second += 10) await stage.at(second);
    shown.ready = 2;
    await stage.at(50); // asked for at 0 s, ready at 45 s
    shown.ready = 4;
    await stage.at(60); // asked for at 10 s, ready at 55 s
    expect(stage.actuator.startup()).toEqual({ p50Ms: 45_000, p90Ms: 45_000, samples: 3 });
  });

  it('does not learn from those that were called off', async () => {
    const { shown, calls, stage } = orchestrator(1);
    await stage.at(0);
    stage.scaleTo(4);
    calls[0]?.resolve();
    await stage.at(10);
    stage.scaleTo(2);
    calls[1]?.resolve();
    shown.ready = 4;
    await stage.at(20);
    expect(stage.actuator.startup().samples).toBe(1);
  });

  it('assumes a minute until it has seen a start', () => {
    expect(orchestrator(1).stage.actuator.startup()).toEqual({ p50Ms: 60_000, p90Ms: 60_000, samples: 0 });
  });
});

describe('a size that someone else has set', () => {
  /** Asked for 5 and got them, at 15 s. */
  async function settledAtFive() {
    const pool = orchestrator(2);
    await pool.stage.at(0);
    pool.stage.scaleTo(5);
    pool.calls[0]?.resolve();
    pool.shown.ready = 5;
    await pool.stage.at(15);
    return pool;
  }

  it.each([8, 3])('is adopted when it has lasted two minutes (%d)', async (size) => {
    const { shown, calls, stage } = await settledAtFive();
    shown.ready = size;
    for (let second = 30; second < 150; second += 15) {
      expect((await stage.at(second)).size).toBe(5);
      stage.scaleTo(5);
    }
    expect(await stage.at(150)).toMatchObject({ ready: size, starting: 0, size });
    expect(stage.messages()).toEqual([
      `the pool was 5 as asked for, and has been ${size} for 120 s: taken as its size`,
    ]);
    expect(calls).toHaveLength(1);
    stage.scaleTo(5);
    expect(calls).toHaveLength(2);
  });

  it('is not adopted while it changes, nor when a crashed replica comes back', async () => {
    const { shown, stage } = await settledAtFive();
    for (let second = 30; second < 900; second += 15) {
      shown.ready = second % 60 === 0 ? 4 : 5;
      expect((await stage.at(second)).size).toBe(5);
    }
    expect(stage.faults).toEqual([]);
  });

  it('is not adopted in place of a wish that the orchestrator has not taken on', async () => {
    const { calls, stage } = orchestrator(2);
    await stage.at(0);
    stage.scaleTo(5);
    for (let second = 0; second < 900; second += 15) {
      calls.at(-1)?.reject(new Error('forbidden'));
      expect(await stage.at(second)).toMatchObject({ size: 5 });
    }
  });

  it('waits 10 min for a size that has not been reached yet, where starting replicas are not shown', async () => {
    const { calls, stage } = orchestrator(2);
    await stage.at(0);
    stage.scaleTo(5);
    calls[0]?.resolve();
    for (let second = 15; second < 615; second += 15) expect((await stage.at(second)).size).toBe(5);
    expect((await stage.at(615)).size).toBe(2);
    expect(stage.messages()).toEqual([
      'the pool was asked to become 5, and has been 2 for 600 s: taken as its size',
    ]);
  });
});
