import { describe, expect, it } from 'vitest';
import { poolOf, settle, stageOf } from './scripted-pool.ts';

const ids = (calls: readonly { worker: string }[]): string[] => calls.map(({ worker }) => worker);

describe('removing workers', () => {
  it('drains the best candidates, then stops them gracefully', async () => {
    const pool = poolOf(3, { busy: 1 });
    pool.add('idle', { busy: 0 });
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(3);
    expect(ids(pool.drains)).toEqual(['idle']);
    expect(stage.review()).toMatchObject({ ready: 3, draining: 1, size: 3 });
    pool.drains[0]?.resolve();
    await settle();
    expect(pool.stops[0]?.request).toEqual({ graceful: true, reason: 'size 3', timeoutMs: 60_000 });
    pool.workers.delete('idle');
    pool.stops[0]?.resolve();
    expect(await stage.at(1)).toMatchObject({ ready: 3, draining: 0, size: 3 });
    expect(stage.outcomes()).toEqual(['drain started', 'drain completed', 'stop started', 'stop completed']);
    expect(stage.events.at(-1)).toMatchObject({ removed: ['idle'], added: [] });
  });

  it('lets stopWorker do the draining where the adapter has no drainWorker', async () => {
    const pool = poolOf(2, { busy: 1 });
    const stage = stageOf(pool, {}, false);
    await stage.at(0);
    stage.scaleTo(1);
    expect(pool.stops[0]?.request.graceful).toBe(true);
    // The pool still shows it as ready; it does not count, and no second one is removed.
    for (const seconds of [15, 30, 45, 600]) {
      expect(await stage.at(seconds)).toMatchObject({ ready: 1, draining: 1, size: 1 });
      stage.scaleTo(1);
    }
    expect(pool.stops).toHaveLength(1);
    expect(pool.stops[0]?.signal.aborted).toBe(false);
  });

  it('waits at the drain deadline, says so once, and goes on when the worker is idle', async () => {
    const pool = poolOf(2, { busy: 2 });
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    for (const seconds of [15, 30, 45, 300]) await stage.at(seconds);
    expect(stage.messages()).toEqual([
      'worker "w1" is not idle 30 s after its drain began (2 jobs); it is waited for',
    ]);
    expect(stage.actuator.operations()[0]).not.toHaveProperty('deadline');
    expect(stage.actuator.nextDeadline()).toBeUndefined();
    pool.drains[0]?.resolve();
    await stage.at(301);
    expect(pool.stops[0]?.request).toMatchObject({ graceful: true, timeoutMs: 30_000 });
  });

  it('stops the worker at the drain deadline where the user chose so, and reports its jobs', async () => {
    const pool = poolOf(2, { busy: 2 });
    const stage = stageOf(pool, { onDrainTimeout: 'stop' });
    await stage.at(0);
    stage.scaleTo(1);
    expect(stage.actuator.nextDeadline()).toBe(30_000);
    await stage.at(29.9);
    expect(pool.stops).toEqual([]);
    await stage.at(30);
    expect(pool.stops[0]?.request).toEqual({ graceful: false, reason: 'size 1', timeoutMs: 30_000 });
    expect(stage.messages()).toEqual([
      'worker "w1" is not idle 30 s after its drain began (2 jobs); it is stopped',
    ]);
    expect(pool.drains[0]?.signal.aborted).toBe(false); // it would take a job, and lose it
  });

  it('does so without drainWorker, too', async () => {
    const pool = poolOf(2, { busy: true });
    const stage = stageOf(pool, { onDrainTimeout: 'stop' }, false);
    await stage.at(0);
    stage.scaleTo(1);
    expect(pool.stops[0]?.request).toMatchObject({ graceful: true, timeoutMs: 30_000 });
    await stage.at(30);
    expect(pool.stops[0]?.signal.aborted).toBe(true);
    expect(pool.stops[1]?.request.graceful).toBe(false);
  });

  it('goes on when the pool shows the worker idle and its drain does not settle', async () => {
    const pool = poolOf(2, { busy: 0 });
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    await stage.at(30);
    expect(pool.stops[0]?.request.graceful).toBe(true);
    expect(stage.faults).toEqual([]);
  });

  it('tries a drain again that fails, and never stops the worker for it', async () => {
    const pool = poolOf(2, { busy: 1 });
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    pool.drains[0]?.reject(new Error('not now'));
    await settle();
    expect(stage.actuator.nextDeadline()).toBe(1_000);
    await stage.at(1);
    expect(ids(pool.drains)).toEqual(['w1', 'w1']);
    expect(pool.stops).toEqual([]);
    expect(stage.messages()).toEqual(['drainWorker("w1") failed: not now']);
  });

  it('lets a worker work on whose drain has failed five times', async () => {
    const pool = poolOf(2, { busy: 1 });
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    for (let second = 0; second <= 20; second++) {
      for (const drain of pool.drains) drain.reject(new Error('never'));
      for (const worker of pool.workers.values()) worker.state = 'ready';
      await stage.at(second);
    }
    expect(pool.drains).toHaveLength(5);
    expect(stage.review()).toMatchObject({ ready: 2, draining: 0, size: 2 });
  });

  it('calls stopWorker again when it hangs or fails', async () => {
    const pool = poolOf(2);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    pool.drains[0]?.resolve();
    await stage.at(0);
    await stage.at(60);
    expect(pool.stops[0]?.signal.aborted).toBe(true);
    await stage.at(61);
    expect(pool.stops[1]?.request).toMatchObject({ graceful: true, timeoutMs: 30_000 });
    pool.stops[1]?.reject(new Error('busy'));
    await stage.at(62);
    await stage.at(64);
    expect(pool.stops).toHaveLength(3);
    pool.workers.delete('w1');
    pool.stops[2]?.resolve();
    expect(await stage.at(65)).toMatchObject({ ready: 1, draining: 0, size: 1 });
    expect(stage.actuator.operations()).toEqual([]);
    expect(stage.faults.at(-1)).toMatchObject({ source: 'stop', recovered: true });
  });

  it('is done with a worker that vanishes, whatever its call does', async () => {
    const pool = poolOf(2, { busy: 1 });
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    pool.workers.delete('w1');
    expect(await stage.at(1)).toMatchObject({ ready: 1, draining: 0 });
    expect(stage.actuator.operations()).toEqual([]);
    expect(stage.events.at(-1)).toMatchObject({ outcome: 'completed', removed: ['w1'] });
    pool.drains[0]?.resolve();
    await stage.at(2);
    expect(pool.stops).toEqual([]);
  });

  it('says so when a worker is still there although its stop has settled', async () => {
    const pool = poolOf(2);
    const stage = stageOf(pool, {}, false);
    await stage.at(0);
    stage.scaleTo(1);
    pool.stops[0]?.resolve();
    await settle();
    expect(await stage.at(15)).toMatchObject({ ready: 1, size: 1 });
    expect(await stage.at(30)).toMatchObject({ ready: 2, size: 2 });
    expect(stage.messages()).toEqual(['stopWorker("w1") settled, and the worker is there (0 jobs)']);
  });

  it('does not send a ready worker home for one that is on its way and cannot be called off', async () => {
    const pool = poolOf(2);
    pool.starting = 2; // not started by flyball
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(2);
    expect(pool.drains).toEqual([]);
    stage.scaleTo(1);
    expect(pool.drains).toHaveLength(1);
  });
});

describe('load that returns during a drain', () => {
  it('calls the newest drains off before it starts anyone', async () => {
    const pool = poolOf(4, { busy: 1 });
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(3);
    stage.scaleTo(2);
    await stage.at(5);
    stage.scaleTo(3);
    expect(pool.drains.map(({ worker, signal }) => [worker, signal.aborted])).toEqual([
      ['w1', false],
      ['w2', true],
    ]);
    expect(pool.starts).toEqual([]);
    expect(stage.review()).toMatchObject({ size: 3 });
    expect(stage.outcomes().at(-1)).toBe('drain cancelled');
  });

  it('counts the worker at once, also while the pool still shows it as draining', async () => {
    const pool = poolOf(3);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(2);
    await stage.at(5);
    stage.scaleTo(3);
    expect(await stage.at(6)).toMatchObject({ ready: 2, starting: 1, size: 3 });
    for (const worker of pool.workers.values()) worker.state = 'ready';
    pool.drains[0]?.reject(new Error('aborted'));
    expect(await stage.at(7)).toMatchObject({ ready: 3, starting: 0, size: 3 });
    expect(pool.starts).toEqual([]);
    expect(stage.faults).toEqual([]);
    expect(stage.actuator.startup().samples).toBe(0);
  });

  it('counts it once when the drain was called off before any observation has shown it', async () => {
    const pool = poolOf(3);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(2);
    stage.scaleTo(3);
    expect(stage.actuator.review(stage.instant, pool.observe(), false)).toMatchObject({ ready: 3, size: 3 });
    expect(await stage.at(5)).toMatchObject({ ready: 2, starting: 1, size: 3 }); // shown as draining still
    for (const worker of pool.workers.values()) worker.state = 'ready';
    expect(await stage.at(6)).toMatchObject({ ready: 3, starting: 0, size: 3 });
  });

  it('does not count it when it has died', async () => {
    const pool = poolOf(3);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(2);
    await stage.at(5);
    stage.scaleTo(3);
    pool.workers.delete('w1');
    expect(await stage.at(6)).toMatchObject({ ready: 2, starting: 0, size: 2 });
  });

  it('finishes the removal of a worker that was drained when its drain was called off', async () => {
    const pool = poolOf(2);
    const stage = stageOf(pool);
    await stage.at(0);
    stage.scaleTo(1);
    await stage.at(5);
    stage.scaleTo(2);
    pool.drains[0]?.resolve(); // in the same moment: it takes no work again
    for (const seconds of [10, 20, 35]) await stage.at(seconds);
    expect(ids(pool.drains)).toEqual(['w1', 'w1']);
    pool.drains[1]?.resolve();
    await settle();
    expect(ids(pool.stops)).toEqual(['w1']);
    expect(stage.review()).toMatchObject({ size: 1 });
    stage.scaleTo(2);
    expect(stage.review()).toMatchObject({ starting: 1, size: 2 });
  });

  it('starts workers for those whose stop has begun: that cannot be taken back', async () => {
    const pool = poolOf(2);
    const stage = stageOf(pool, {}, false);
    await stage.at(0);
    stage.scaleTo(1);
    stage.scaleTo(2);
    expect(pool.stops[0]?.signal.aborted).toBe(false);
    expect(pool.starts).toHaveLength(1);
  });
});

describe('a pool that does not list its workers', () => {
  it('loses own workers, the newest first, each once', async () => {
    const pool = poolOf(1);
    pool.lists = false;
    const stage = stageOf(pool, {}, false);
    await stage.at(0);
    stage.scaleTo(4);
    for (const [index, start] of pool.starts.entries()) {
      pool.add(`own${index}`);
      start.resolve(`own${index}`);
    }
    expect(await stage.at(5)).toMatchObject({ ready: 4, size: 4 });
    stage.scaleTo(2);
    expect(ids(pool.stops)).toEqual(['own2', 'own1']);
    expect(await stage.at(6)).toMatchObject({ ready: 2, draining: 2, size: 2 });
    pool.workers.delete('own2');
    pool.stops[0]?.resolve();
    expect(await stage.at(7)).toMatchObject({ ready: 2, draining: 1, size: 2 });
    pool.workers.delete('own1');
    pool.stops[1]?.resolve();
    expect(await stage.at(8)).toMatchObject({ ready: 2, draining: 0, size: 2 });
    expect(stage.faults).toEqual([]);
  });

  it('says once that it cannot name workers to remove', async () => {
    const pool = poolOf(3);
    pool.lists = false;
    const stage = stageOf(pool);
    for (let second = 0; second < 10; second++) {
      await stage.at(second);
      stage.scaleTo(1);
    }
    expect(stage.messages()).toEqual([
      'cannot name 2 workers to remove: report `workers` in the observation',
    ]);
  });

  it('counts right when one comes as another one goes', async () => {
    const pool = poolOf(0);
    pool.lists = false;
    const stage = stageOf(pool, {}, false);
    await stage.at(0);
    stage.scaleTo(2);
    pool.add('a');
    pool.starts[0]?.resolve('a');
    await stage.at(5);
    stage.scaleTo(1); // calls the second start off
    stage.scaleTo(0); // and stops a
    stage.scaleTo(1);
    pool.workers.delete('a');
    pool.stops[0]?.resolve();
    pool.add('b');
    pool.starts[2]?.resolve('b');
    for (const seconds of [6, 7, 40, 80]) expect(await stage.at(seconds)).toMatchObject({ size: 1 });
    expect(await stage.at(81)).toMatchObject({ ready: 1, starting: 0, draining: 0 });
  });
});
