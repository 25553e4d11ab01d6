import type { StartRequest, StopRequest, WorkerPoolAdapter } from '../../core/adapter.ts';
import type { WorkerId } from '../../core/observation.ts';
import { expect, follow, type Pending, type Probe } from './probe.ts';

type WorkerProbe = Probe<WorkerPoolAdapter>;
type Check = (probe: WorkerProbe) => Promise<void>;

/** Long enough to be seen running, short enough for a quick suite. */
const JOB_MS = 100;

const reason = 'the adapter contract is checked';

function start(probe: WorkerProbe, signal: AbortSignal = probe.signal): Promise<WorkerId> {
  const request: StartRequest = { skipWarmup: false, emergency: false, reason, timeoutMs: probe.timeoutMs };
  return probe.adapter.startWorker(request, signal);
}

const started = (probe: WorkerProbe): Promise<WorkerId> => probe.settled('startWorker', start(probe));

function stop(probe: WorkerProbe, id: WorkerId, graceful = true): Promise<void> {
  const request: StopRequest = { graceful, reason, timeoutMs: probe.timeoutMs };
  return probe.settled(
    `stopWorker (${graceful ? 'graceful' : 'at once'})`,
    probe.adapter.stopWorker(id, request, probe.signal),
  );
}

/** Submits a job and waits until a worker runs it. */
async function runningJob(probe: WorkerProbe): Promise<Pending<unknown>> {
  const job = probe.job(JOB_MS);
  await probe.untilObserved('the job that was submitted runs', ({ busy }) => busy > 0);
  return job;
}

async function finished(probe: WorkerProbe, job: Pending<unknown>, what: string): Promise<void> {
  await probe.until(`${what} ends`, () => job.status !== 'pending');
  expect(job.status === 'fulfilled', `${what} was lost: ${job.reason}`);
}

/** What every adapter that starts and stops single workers must do. */
export const WORKER_CHECKS: Readonly<Record<string, Check>> = {
  'observe gives valid numbers': async (probe) => {
    await probe.examine();
    await started(probe);
    await probe.examine();
  },

  'startWorker settles when the worker is ready, which counts from then on': async (probe) => {
    const before = await probe.observe();
    const call = follow(start(probe));
    const seen = await probe.observe();
    const total = seen.ready + (seen.starting ?? 0) - before.ready - (before.starting ?? 0);
    expect(total <= 1, `one start is in flight, but observe() counts ${total} workers for it`);
    await probe.until('startWorker settles', () => call.status !== 'pending');
    expect(call.status === 'fulfilled', `startWorker rejected: ${call.reason}`);
    const id = call.value;
    expect(typeof id === 'string' && id !== '', `startWorker settled with ${String(id)} instead of an id`);
    const after = await probe.observe();
    expect(
      after.ready === before.ready + 1,
      `startWorker has settled, but ready went from ${before.ready} to ${after.ready}`,
    );
    const listed = after.workers === undefined || after.workers.some((worker) => worker.id === id);
    expect(listed, `worker ${id} was started, but is not in the list of workers`);
  },

  'concurrent starts give a worker each': async (probe) => {
    const { ready } = await probe.observe();
    const ids = await Promise.all([started(probe), started(probe), started(probe)]);
    expect(new Set(ids).size === 3, `three starts gave the ids ${ids.join(', ')}`);
    await probe.untilObserved(
      'three starts in parallel give three ready workers',
      (seen) => seen.ready === ready + 3,
    );
  },

  'stopWorker removes the worker': async (probe) => {
    const before = await probe.observe();
    const id = await started(probe);
    await stop(probe, id);
    const after = await probe.observe();
    expect(
      after.ready === before.ready && (after.draining ?? 0) === (before.draining ?? 0),
      `stopWorker has settled, but the pool reports ${after.ready} ready and ${after.draining ?? 0} draining workers`,
    );
    expect(
      !after.workers?.some((worker) => worker.id === id),
      `worker ${id} was stopped, but is still in the list`,
    );
  },

  'stopWorker at once removes the worker': async (probe) => {
    const { ready } = await probe.observe();
    await stop(probe, await started(probe), false);
    await probe.untilObserved('the worker that was stopped at once is gone', (seen) => seen.ready === ready);
  },

  'stopping a worker twice, or one that never was, does not hang': async (probe) => {
    const id = await started(probe);
    const request: StopRequest = { graceful: true, reason, timeoutMs: probe.timeoutMs };
    const calls = [id, id, 'a worker that never was'].map((worker) =>
      follow(probe.adapter.stopWorker(worker, request, probe.signal)),
    );
    await probe.until('each stop settles', () => calls.every((call) => call.status !== 'pending'));
    const again = follow(probe.adapter.stopWorker(id, request, probe.signal));
    await probe.until('stopping a worker that is gone settles', () => again.status !== 'pending');
  },

  'a start that is aborted beforehand leaves no worker behind': async (probe) => {
    const before = await probe.observe();
    const call = follow(start(probe, AbortSignal.abort(new Error('aborted by the check'))));
    await probe.until('startWorker settles when it is aborted', () => call.status !== 'pending');
    expect(call.status === 'rejected', 'startWorker was aborted before it began, but did not reject');
    await nothingLeft(probe, before.ready, 50);
  },

  'a start that is aborted on its way leaves no worker behind': async (probe) => {
    // How long a start takes here, so that the second one is met on its way, and watched until it would be through.
    let startMs = 0;
    const first = follow(start(probe));
    for (; first.status === 'pending' && startMs < probe.timeoutMs; startMs += 5) await probe.wait(5);
    const before = await probe.observe();
    const controller = new AbortController();
    const call = follow(start(probe, controller.signal));
    await probe.wait(startMs / 4);
    if (hasSettled(call)) return; // it starts faster than it can be aborted
    controller.abort(new Error('aborted by the check'));
    await probe.until('startWorker settles when it is aborted', () => call.status !== 'pending');
    expect(call.status === 'rejected', 'startWorker was aborted on its way, but did not reject');
    await nothingLeft(probe, before.ready, 2 * startMs + 50);
  },

  'totals never run back': async (probe) => {
    await probe.examine();
    const id = await started(probe);
    await probe.examine();
    await stop(probe, id);
    await probe.examine();
    await started(probe);
    await probe.examine();
  },

  'subscribe gives the function that unsubscribes': async (probe) => {
    if (probe.adapter.subscribe === undefined) return;
    const unsubscribe: unknown = probe.adapter.subscribe(() => {});
    expect(typeof unsubscribe === 'function', `subscribe() gave ${typeof unsubscribe} instead of a function`);
    (unsubscribe as () => void)();
  },
};

/** As above, for hosts that let the suite submit jobs. */
export const JOB_CHECKS: Readonly<Record<string, Check>> = {
  'observe gives valid numbers while jobs run and wait': async (probe) => {
    await started(probe);
    const jobs = [await runningJob(probe), probe.job(JOB_MS / 4), probe.job(JOB_MS / 4)];
    await probe.examine();
    await probe.until('the jobs end', () => jobs.every(hasSettled));
    await probe.examine();
  },

  'a job that waits for a worker is run by the first one': async (probe) => {
    const before = await probe.observe();
    const job = probe.job(JOB_MS);
    if (before.ready === 0) {
      await probe.untilObserved('a job that no worker can take is queued', ({ queued }) => queued === 1);
    }
    await started(probe);
    await finished(probe, job, 'the job');
  },

  'totals count each job once, and never run back': async (probe) => {
    const before = await probe.examine();
    await started(probe);
    const jobs = [probe.job(JOB_MS / 4), probe.job(JOB_MS / 4), probe.job(JOB_MS / 4)];
    await probe.until('the jobs end', async () => {
      await probe.examine();
      return jobs.every(hasSettled);
    });
    for (const total of ['arrived', 'completed'] as const) {
      if (before[total] === undefined) continue;
      const expected = before[total] + jobs.length;
      await probe.untilObserved(`${total} counts ${jobs.length} jobs`, (seen) => seen[total] === expected);
    }
  },

  'a drain finishes the jobs in flight and takes no new ones': async (probe) => {
    const { adapter } = probe;
    if (adapter.drainWorker === undefined || (await probe.observe()).ready > 0) return;
    const id = await started(probe);
    const job = await runningJob(probe);
    const drain = follow(adapter.drainWorker(id, probe.signal));
    await probe.until('the drain settles', () => drain.status !== 'pending');
    expect(drain.status === 'fulfilled', `the drain rejected: ${drain.reason}`);
    // The job's end and the drain's may be told in either order, but in one breath.
    await probe.wait(0);
    expect(job.status !== 'pending', 'the drain has settled, but the job in flight has not');
    await finished(probe, job, 'the job in flight');
    const next = probe.job(JOB_MS / 4);
    await probe.wait(JOB_MS);
    expect(next.status === 'pending', 'a drained worker has taken a new job');
    await stop(probe, id);
    await started(probe);
    await finished(probe, next, 'the job that came during the drain');
  },

  'an aborted drain takes work again': async (probe) => {
    const { adapter } = probe;
    if (adapter.drainWorker === undefined || (await probe.observe()).ready > 0) return;
    const id = await started(probe);
    const job = await runningJob(probe);
    const controller = new AbortController();
    const drain = follow(adapter.drainWorker(id, controller.signal));
    await probe.wait(JOB_MS / 10);
    controller.abort(new Error('aborted by the check'));
    await probe.until('the drain settles when it is aborted', () => drain.status !== 'pending');
    expect(drain.status === 'rejected', 'the drain was aborted, but did not reject');
    await finished(probe, job, 'the job in flight');
    await finished(probe, probe.job(JOB_MS / 4), 'a job that came after the aborted drain');
    await probe.untilObserved(
      'the worker is ready again',
      ({ ready, draining = 0 }) => ready === 1 && draining === 0,
    );
  },

  'a graceful stop waits for the jobs in flight': async (probe) => {
    const id = await started(probe);
    const job = await runningJob(probe);
    const isOnlyWorker = (await probe.observe()).ready === 1;
    await stop(probe, id);
    await probe.wait(0);
    if (isOnlyWorker) expect(job.status !== 'pending', 'the worker is gone, but its job has not ended');
    await finished(probe, job, 'the job in flight');
  },

  'a stop at once leaves no job without an answer': async (probe) => {
    const id = await started(probe);
    const job = await runningJob(probe);
    await stop(probe, id, false);
    await started(probe);
    await probe.until('the job of the worker that was stopped settles', () => job.status !== 'pending');
    await finished(probe, probe.job(JOB_MS / 4), 'the next job');
  },

  'a job that arrives at zero workers wakes the controller': async (probe) => {
    const { adapter } = probe;
    const { ready, starting = 0 } = await probe.observe();
    if (adapter.subscribe === undefined || ready + starting > 0) return;
    const reasons: string[] = [];
    const unsubscribe = adapter.subscribe((wokenBy) => reasons.push(wokenBy));
    const job = probe.job(JOB_MS / 4);
    await probe.until('the job wakes', () => reasons.length > 0);
    unsubscribe?.();
    await started(probe);
    await finished(probe, job, 'the job');
  },
};

const hasSettled = (call: Pending<unknown>): boolean => call.status !== 'pending';

async function nothingLeft(probe: WorkerProbe, ready: number, watchMs: number): Promise<void> {
  for (let watched = 0; watched < watchMs; watched += 5) {
    const seen = await probe.observe();
    expect(seen.ready <= ready, `the start was aborted, but its worker is there: ${seen.ready} ready`);
    await probe.wait(5);
  }
  const isGone = ({ starting = 0 }: { starting?: number }): boolean => starting === 0;
  await probe.untilObserved('no worker is starting any more after the abort', isGone);
}
