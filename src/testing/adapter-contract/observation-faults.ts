import type { PoolObservation } from '../../core/observation.ts';

const COUNTS = ['ready', 'queued', 'starting', 'draining', 'arrived', 'completed', 'failed'] as const;
const TIMES = ['responseTimeMs', 'waitTimeMs', 'serviceTimeMs', 'observedAt'] as const;

/** Rounding of a busy share like 3 × (1/3). */
const TOLERANCE = 1e-6;

/** What is wrong with an observation by itself, one sentence each. */
export function observationFaults(observation: PoolObservation): string[] {
  if (typeof observation !== 'object' || observation === null) return ['observe() gave no object'];
  const faults: string[] = [];
  for (const field of ['ready', 'busy', 'queued'] as const) {
    if (observation[field] === undefined) faults.push(`${field} is missing`);
  }
  for (const field of COUNTS) {
    const value = observation[field];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      faults.push(`${field} is ${value}, but must be a whole number of at least 0`);
    }
  }
  for (const field of ['busy', ...TIMES] as const) {
    const value = observation[field];
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      faults.push(`${field} is ${value}, but must be a finite number of at least 0`);
    }
  }
  const { ready, busy, draining = 0, slotsPerWorker = 1, arrived, completed = 0, failed = 0 } = observation;
  if (!(Number.isSafeInteger(slotsPerWorker) && slotsPerWorker >= 1)) {
    faults.push(`slotsPerWorker is ${slotsPerWorker}, but must be a whole number of at least 1`);
  }
  if (busy > ready + draining + TOLERANCE) {
    faults.push(
      `busy is ${busy} with only ${ready} ready and ${draining} draining workers: it counts workers, not jobs`,
    );
  }
  if (arrived !== undefined && completed + failed > arrived) {
    faults.push(`${completed} completed and ${failed} failed jobs are more than the ${arrived} that arrived`);
  }
  return [...faults, ...workerFaults(observation)];
}

/** The list of workers must tell the same as the counts. */
function workerFaults({ workers, ready, starting, draining }: PoolObservation): string[] {
  if (workers === undefined) return [];
  const faults: string[] = [];
  const ids = new Set(workers.map(({ id }) => id));
  if (ids.size < workers.length) faults.push('two workers in the list have the same id');
  if (workers.some(({ id }) => typeof id !== 'string' || id === ''))
    faults.push('a worker in the list has no id');
  for (const [state, count] of Object.entries({ ready, starting, draining })) {
    if (count === undefined) continue;
    const listed = workers.filter((worker) => worker.state === state).length;
    if (listed !== count) faults.push(`${state} is ${count}, but the list has ${listed} such workers`);
  }
  return faults;
}

/** Which running totals ran back between two observations. */
export function totalsThatRanBack(before: PoolObservation, after: PoolObservation): string[] {
  return (['arrived', 'completed', 'failed'] as const).flatMap((total) => {
    const [from, to] = [before[total], after[total]];
    return from !== undefined && to !== undefined && to < from
      ? [`${total} ran back from ${from} to ${to}`]
      : [];
  });
}
