import { describe, expect, it } from 'vitest';
import { poolOf, settle, stageOf } from './scripted-pool.ts';

describe('stop', () => {
  it('settles when the calls in flight have settled, and begins nothing new', async () => {
    const pool = poolOf(2);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(3);
    let stopped = false;
    void stage.actuator.stop(new AbortController().signal).then(() => {
      stopped = true;
    });
    stage.scaleTo(9);
    await settle();
    expect([stopped, pool.starts.length]).toEqual([false, 1]);
    pool.starts[0]?.reject(new Error('boom'));
    await stage.at(100);
    expect(stopped).toBe(true);
    expect(pool.starts).toHaveLength(1);
    expect(stage.actuator.nextDeadline()).toBeUndefined();
  });

  it('stops what has been drained: a drained worker must not be left behind', async () => {
    const pool = poolOf(2);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    const stopped = stage.actuator.stop(new AbortController().signal);
    pool.drains[0]?.resolve();
    await settle();
    expect(pool.stops).toHaveLength(1);
    pool.stops[0]?.resolve();
    await stopped;
    expect(stage.actuator.operations()).toEqual([]);
  });

  it('calls off what is left at the deadline, and settles at once', async () => {
    const pool = poolOf(2);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    await stage.at(1);
    pool.drains[0]?.resolve();
    await settle();
    stage.scaleTo(3);
    const deadline = new AbortController();
    const stopped = stage.actuator.stop(deadline.signal);
    deadline.abort();
    await stopped;
    expect([...pool.starts, ...pool.stops].map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
    expect(stage.actuator.operations()).toEqual([]);
    const told = stage.events.length;
    pool.starts[0]?.resolve('late');
    pool.starts[1]?.reject(new Error('late'));
    pool.stops[0]?.resolve();
    await stage.at(1000);
    expect(stage.events).toHaveLength(told);
    expect(pool.drains).toHaveLength(1);
  });

  it('is idempotent, and the earliest deadline holds', async () => {
    const pool = poolOf(0);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    const first = stage.actuator.stop(new AbortController().signal);
    const second = stage.actuator.stop(AbortSignal.abort());
    await Promise.all([first, second, stage.actuator.stop(new AbortController().signal)]);
    expect(pool.starts[0]?.signal.aborted).toBe(true);
  });
});
