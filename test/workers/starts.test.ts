import { describe, expect, it } from 'vitest';
import { poolOf, type ScriptedPool, Stage, settle, stageOf } from './scripted-pool.ts';

/** A stage that was reviewed once, at 0 s. */
async function staged(pool: ScriptedPool, ...rest: [Parameters<typeof stageOf>[1]?]): Promise<Stage> {
  const stage = stageOf(pool, ...rest);
  await stage.at(0);
  return stage;
}

/** The nth start has brought a worker that the pool shows. */
function arrive(pool: ScriptedPool, start: number, id: string): void {
  pool.add(id);
  pool.starts[start]?.resolve(id);
}

describe('starting workers', () => {
  it('starts what is missing at once, in parallel, with deadline and reason', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(4);
    expect(pool.starts.map(({ request }) => request)).toEqual(
      Array(3).fill({ skipWarmup: false, emergency: false, reason: 'size 4', timeoutMs: 30_000 }),
    );
    expect(stage.review()).toMatchObject({ ready: 1, starting: 3, size: 4 });
    expect(stage.actuator.operations()).toHaveLength(3);
    expect(stage.actuator.nextDeadline()).toBe(30_000);
  });

  it('hurries in an emergency: 15 s, no warm-up', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(1, true);
    expect(pool.starts[0]?.request).toMatchObject({ skipWarmup: true, emergency: true, timeoutMs: 15_000 });
  });

  it('does nothing at the wanted size, and refuses a size that is none', async () => {
    const pool = poolOf(2);
    const stage = await staged(pool);
    for (const size of [2, Number.NaN, -1]) stage.scaleTo(size);
    expect(stage.events).toEqual([]);
    expect(stage.actuator.nextDeadline()).toBeUndefined();
  });

  it('tells of each start when it begins and when it ends', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(1);
    stage.seconds = 12;
    arrive(pool, 0, 'a');
    await stage.at(12);
    expect(stage.outcomes()).toEqual(['start started', 'start completed']);
    expect(stage.events[1]).toMatchObject({ pool: 'p', added: ['a'], removed: [], durationMs: 12_000 });
    expect(stage.actuator.operations()).toEqual([]);
  });

  it('keeps what has started and retries the rest with growing delays', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(3);
    arrive(pool, 0, 'a');
    pool.starts[1]?.reject(new Error('no memory'));
    pool.starts[2]?.reject(new Error('no memory'));
    expect(await stage.at(0)).toMatchObject({ ready: 1, starting: 2, retrying: 0 }); // a success: retried at once
    expect(pool.starts).toHaveLength(5);
    pool.starts[3]?.reject(new Error('no memory'));
    pool.starts[4]?.reject(new Error('no memory'));
    expect(await stage.at(1)).toMatchObject({ ready: 1, starting: 2, retrying: 2, size: 3 });
    expect(stage.actuator.nextDeadline()).toBe(2_000);
    await stage.at(2);
    expect(pool.starts).toHaveLength(7);
    expect(stage.messages().filter((text) => text.includes('no memory'))).toHaveLength(2); // once, and once after the success
  });

  it('keeps the schedule 1, 2, 4 s, and opens the breaker at the fifth failure', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(2);
    const triedAt: number[] = [];
    for (let second = 0; second <= 120; second++) {
      await stage.at(second);
      stage.scaleTo(2);
      for (const start of pool.starts.splice(0)) {
        if (triedAt.at(-1) !== second) triedAt.push(second);
        start.reject(new Error('boom'));
      }
      await settle();
    }
    expect(triedAt).toEqual([0, 1, 3, 7, 15, 45, 105]);
    expect(stage.actuator.breaker).toBe('open');
    expect(stage.messages()).toEqual([
      'a worker did not start: boom',
      '5 starts in a row have failed; the next one is tried in 30 s',
    ]);
  });

  it('probes with one worker, and when that one comes closes the breaker and starts the rest', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool, { breakerThreshold: 1 });
    stage.scaleTo(3);
    for (const start of pool.starts) start.reject(new Error('boom'));
    await stage.at(0);
    expect(stage.actuator.breaker).toBe('open');
    stage.scaleTo(3, true); // not even in an emergency
    expect(await stage.at(29)).toMatchObject({ retrying: 3 });
    expect(await stage.at(30)).toMatchObject({ starting: 3, retrying: 2, size: 3 });
    expect(pool.starts).toHaveLength(4);
    expect(stage.actuator.breaker).toBe('half-open');
    arrive(pool, 3, 'a');
    expect(await stage.at(35)).toMatchObject({ ready: 1, starting: 2, retrying: 0 });
    expect(stage.actuator.breaker).toBe('closed');
    expect(stage.faults.filter(({ recovered }) => recovered).map(({ source }) => source)).toEqual([
      'start',
      'breaker',
    ]);
  });

  it('does not wait for a backoff in an emergency', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(1);
    pool.starts[0]?.reject(new Error('boom'));
    await stage.at(0.5);
    stage.scaleTo(1);
    expect(pool.starts).toHaveLength(1);
    stage.scaleTo(1, true);
    expect(pool.starts).toHaveLength(2);
  });

  it('survives an adapter that throws in place of rejecting, or gives no promise', async () => {
    const pool = poolOf(0);
    let calls = 0;
    const startWorker = (): never => {
      if (++calls === 1) throw new Error('thrown');
      pool.add('a');
      return 'a' as never;
    };
    const hostile = new Stage({ ...pool.adapter(), startWorker }, () => pool.observe());
    await hostile.at(0);
    hostile.scaleTo(1);
    expect(await hostile.at(0)).toMatchObject({ retrying: 1 });
    await hostile.at(1);
    expect(await hostile.at(1)).toMatchObject({ ready: 1, starting: 0 });
    expect(hostile.messages()[0]).toBe('a worker did not start: thrown');
  });
});

describe('counting workers on their way', () => {
  it('counts one that has settled and is not shown yet', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(1);
    pool.starts[0]?.resolve('a');
    for (let second = 1; second <= 20; second++) {
      expect(await stage.at(second)).toMatchObject({ ready: 0, starting: 1, size: 1 });
      stage.scaleTo(1);
    }
    pool.add('a');
    expect(await stage.at(21)).toMatchObject({ ready: 1, starting: 0, size: 1 });
    expect(pool.starts).toHaveLength(1);
  });

  it.each([true, false])(
    'counts one that is shown before its start settles once (listed: %s)',
    async (lists) => {
      const pool = poolOf(2);
      pool.lists = lists;
      const stage = await staged(pool);
      stage.scaleTo(4);
      pool.add('a');
      stage.seconds = 20;
      expect(stage.review()).toMatchObject({ ready: 3, starting: 1, size: 4 });
      pool.starts[1]?.resolve('a'); // not the start that it was taken for
      expect(await stage.at(20)).toMatchObject({ ready: 3, starting: 1, size: 4 });
      arrive(pool, 0, 'b');
      expect(await stage.at(25)).toMatchObject({ ready: 4, starting: 0, size: 4 });
      expect(await stage.at(26)).toMatchObject({ ready: 4, starting: 0, size: 4 });
      expect(stage.actuator.startup()).toMatchObject({ samples: 2, p50Ms: 20_000, p90Ms: 25_000 });
    },
  );

  it('takes the larger of what the pool shows as starting and what it has begun', async () => {
    const pool = poolOf(1);
    pool.starting = 3;
    const stage = await staged(pool);
    expect(stage.review()).toMatchObject({ ready: 1, starting: 3, size: 4 });
    stage.scaleTo(5);
    stage.scaleTo(5);
    expect(pool.starts).toHaveLength(1);
    pool.starting = 4;
    expect(await stage.at(1)).toMatchObject({ starting: 4, size: 5 });
  });

  it('counts on a stale observation without taking it for news', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    const old = pool.observe();
    stage.scaleTo(1);
    arrive(pool, 0, 'a');
    await settle();
    for (const seconds of [10, 100, 1000]) {
      stage.seconds = seconds;
      expect(stage.actuator.review(stage.instant, old, false)).toMatchObject({ ready: 0, starting: 1 });
    }
    expect(await stage.at(1001)).toMatchObject({ ready: 1, starting: 0 });
  });

  it('lets a worker that died be replaced by the ordinary decision', async () => {
    const pool = poolOf(3);
    const stage = await staged(pool);
    pool.workers.delete('w2');
    expect(await stage.at(1)).toMatchObject({ ready: 2, starting: 0, size: 2 });
    stage.scaleTo(3);
    expect(pool.starts).toHaveLength(1);
  });

  it('counts a start that settled with a worker nobody sees as failed, after a grace', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.starts[0]?.resolve('ghost');
    expect(await stage.at(15)).toMatchObject({ starting: 1, retrying: 0 });
    await stage.at(30);
    expect(await stage.at(45)).toMatchObject({ starting: 1, retrying: 1 });
    expect(stage.messages()).toEqual(['startWorker() settled with ghost, which is not seen as ready']);
  });

  it('waits for two observations, however rare they are', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.starts[0]?.resolve('a');
    await settle();
    expect(await stage.at(300)).toMatchObject({ starting: 1, retrying: 0 }); // made as the start settled, perhaps
    pool.add('a');
    expect(await stage.at(600)).toMatchObject({ ready: 2, starting: 0 });
    expect(stage.faults).toEqual([]);
  });

  it('takes a worker for the start that settles, not for an older one that hangs', async () => {
    const pool = poolOf(1);
    pool.lists = false;
    const stage = await staged(pool);
    stage.scaleTo(3);
    pool.add('b');
    stage.seconds = 10;
    stage.review();
    pool.starts[1]?.resolve('b');
    await stage.at(10);
    for (const seconds of [20, 30, 45]) await stage.at(seconds);
    expect(stage.messages()).toEqual(['a start was cut after 30000 ms; the next one gets 60000 ms']);
  });

  it('names the option where a start takes longer than any may, though the pool shows it as starting', async () => {
    const pool = poolOf(1);
    pool.starting = 0;
    const stage = await staged(pool, { longestStartMs: 90_000 });
    stage.scaleTo(2);
    pool.starting = 1;
    for (let seconds = 10; seconds <= 100; seconds += 10) await stage.at(seconds);
    expect(stage.messages()).toEqual([
      'a start was cut after 90000 ms; lifecycle.longestStartMs allows no more: raise it where starts take longer',
    ]);
  });

  it('does not owe a worker that has come by itself', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.starts[0]?.reject(new Error('boom'));
    await settle();
    pool.add('other');
    expect(await stage.at(5)).toMatchObject({ ready: 2, starting: 0, retrying: 0 });
    expect(pool.starts).toHaveLength(1);
  });

  it('is not taken in by a start that settles with a worker that was there before', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.starts[0]?.resolve('w1');
    expect(await stage.at(15)).toMatchObject({ ready: 1, starting: 1 });
    await stage.at(30);
    await stage.at(45);
    expect(stage.messages()).toEqual(['startWorker() settled with w1, which was there before']);
    expect(stage.actuator.startup().samples).toBe(0);
  });

  it('finds a worker whose start settled without an id', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.add('a');
    pool.starts[0]?.resolve(undefined);
    expect(await stage.at(1)).toMatchObject({ ready: 2, starting: 0, size: 2 });
    expect(stage.messages()).toEqual([
      "startWorker() gave undefined in place of a worker's id",
      'workers start again',
    ]);
  });
});

describe('slow boots', () => {
  it('does not give up a start that the pool shows as starting, up to 30 min', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.starting = 1;
    for (let second = 15; second < 1800; second += 15) {
      expect(await stage.at(second)).toMatchObject({ starting: 1, retrying: 0 });
    }
    expect(pool.starts[0]?.signal.aborted).toBe(false);
    await stage.at(1800);
    expect(pool.starts[0]?.signal.aborted).toBe(true);
  });

  it('takes those that the pool shows for the younger ones', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.starting = 1;
    await stage.at(20);
    stage.scaleTo(3);
    await stage.at(30);
    expect(pool.starts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it('wakes for a deadline that lies ahead only', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.starting = 1;
    await stage.at(31);
    expect(stage.actuator.nextDeadline()).toBe(61_000);
    expect(stage.actuator.operations()[0]?.deadline).toBe(stage.instant.now + 30_000);
  });

  it('boots a worker in 200 s where nothing but `ready` is reported and an abort ends the boot', async () => {
    const pool = poolOf(0);
    pool.lists = false;
    const stage = await staged(pool);
    let second = 0;
    for (; pool.workers.size === 0 && second < 900; second += 5) {
      await stage.at(second);
      stage.scaleTo(1);
      const newest = pool.starts.at(-1);
      if (newest?.signal.aborted) newest.reject(newest.signal.reason);
      if (
        newest &&
        stage.actuator.operations().some(({ startedAt }) => stage.instant.now - startedAt >= 200_000)
      ) {
        arrive(pool, pool.starts.length - 1, 'a');
        await settle();
      }
    }
    expect(pool.starts.map(({ request }) => request.timeoutMs / 1000)).toEqual([30, 60, 120, 240]);
    expect(await stage.at(second)).toMatchObject({ ready: 1, starting: 0 });
    expect(stage.actuator.startup()).toMatchObject({ samples: 1, p50Ms: 200_000 });
    expect(stage.actuator.breaker).toBe('closed');
  });

  it('gives the next start twice the learned 90th percentile', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(1);
    pool.starting = 1;
    for (let second = 0; second < 100; second += 10) await stage.at(second);
    stage.seconds = 100;
    arrive(pool, 0, 'a');
    pool.starting = 0;
    await stage.at(100);
    stage.scaleTo(2, true);
    expect(pool.starts[1]?.request.timeoutMs).toBe(200_000);
  });

  it('goes back to the usual time when starts are quick again', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(1);
    await stage.at(30);
    await stage.at(31);
    stage.seconds = 36;
    arrive(pool, 1, 'a');
    await stage.at(36);
    stage.scaleTo(2);
    expect(pool.starts.map(({ request }) => request.timeoutMs / 1000)).toEqual([30, 60, 30]);
  });

  it('takes a rejection at the deadline for a cut: the adapter has kept the time itself', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(1);
    stage.seconds = 29;
    pool.starts[0]?.reject(new Error('timeout'));
    await stage.at(29);
    await stage.at(30);
    expect(pool.starts[1]?.request.timeoutMs).toBe(60_000);
  });

  it('adopts a start that was cut and settles late, calls its stand-in off, and learns from it', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(1);
    await stage.at(30);
    expect(pool.starts[0]?.signal.aborted).toBe(true);
    await stage.at(31);
    expect(pool.starts).toHaveLength(2);
    stage.seconds = 80;
    arrive(pool, 0, 'a');
    expect(await stage.at(80)).toMatchObject({ ready: 1, starting: 0, size: 1 });
    expect(pool.starts[1]?.signal.aborted).toBe(true);
    expect(stage.actuator.startup()).toMatchObject({ samples: 1, p50Ms: 80_000 });
    expect(stage.outcomes()).toEqual([
      'start started',
      'start failed',
      'start started',
      'start completed',
      'start cancelled',
    ]);
  });

  it('never lets starts that were cut and ignore it make the pool far larger than wanted', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    for (let second = 0; second < 600; second += 5) {
      await stage.at(second);
      stage.scaleTo(10);
    }
    expect(pool.starts.length).toBeLessThanOrEqual(18); // ten, five that may be too many, and one at a time
    for (const [index] of pool.starts.entries()) arrive(pool, index, `late ${index}`);
    await stage.at(601);
    stage.scaleTo(10);
    expect(pool.drains).toHaveLength(pool.starts.length - 10);
    expect(await stage.at(602)).toMatchObject({ ready: 10, starting: 0, size: 10 });
  });
});

describe('calling starts off', () => {
  it('calls the newest starts off before it drains anyone', async () => {
    const pool = poolOf(2);
    const stage = await staged(pool);
    stage.scaleTo(5);
    stage.scaleTo(3);
    expect(pool.starts.map(({ signal }) => signal.aborted)).toEqual([false, true, true]);
    expect(pool.drains).toEqual([]);
    expect(stage.review()).toMatchObject({ ready: 2, starting: 1, size: 3 });
  });

  it('calls owed starts off first of all', async () => {
    const pool = poolOf(0);
    const stage = await staged(pool);
    stage.scaleTo(2);
    pool.starts[1]?.reject(new Error('boom'));
    await stage.at(0);
    stage.scaleTo(1);
    expect(stage.review()).toMatchObject({ starting: 1, retrying: 0 });
    expect(pool.starts[0]?.signal.aborted).toBe(false);
  });

  it('drains and stops a worker that comes although its start was called off', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    stage.scaleTo(1);
    arrive(pool, 0, 'late');
    await stage.at(5);
    expect(pool.drains.map(({ worker }) => worker)).toEqual(['late']);
    pool.drains[0]?.resolve();
    await stage.at(6);
    expect(pool.stops.map(({ worker, request }) => [worker, request.graceful])).toEqual([['late', true]]);
  });

  it('keeps it when another worker has died', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    stage.scaleTo(1);
    pool.workers.delete('w1');
    await stage.at(5);
    arrive(pool, 0, 'late');
    expect(await stage.at(6)).toMatchObject({ ready: 1, size: 1 });
    expect(pool.drains).toEqual([]);
  });

  it('keeps it in place of a start that was begun since', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(2);
    stage.scaleTo(1);
    stage.scaleTo(2);
    arrive(pool, 0, 'late');
    expect(await stage.at(5)).toMatchObject({ ready: 2, starting: 0, size: 2 });
    expect(pool.starts[1]?.signal.aborted).toBe(true); // it is there sooner than the one that stood in for it
    expect(pool.drains).toEqual([]);
  });

  it('does not count what the pool still shows of a start that was called off', async () => {
    const pool = poolOf(1);
    const stage = await staged(pool);
    stage.scaleTo(3);
    pool.starting = 2;
    await stage.at(1);
    stage.scaleTo(1);
    expect(await stage.at(2)).toMatchObject({ ready: 1, starting: 0, size: 1 });
  });
});
