import type { WorkerId, WorkerObservation, WorkerState } from '../../core/observation.ts';
import type { CrewObservation } from '../compose-adapter.ts';
import type { BusyContainers } from './options.ts';

/** What is reported of workers, `busy` where the host says what they do. */
export function crewOf(
  found: readonly WorkerObservation[],
  busyContainers: BusyContainers | undefined,
  slotsPerWorker: number,
): CrewObservation {
  const count = (state: WorkerState): number => found.filter((each) => each.state === state).length;
  const crew = {
    ready: count('ready'),
    starting: count('starting'),
    draining: count('draining'),
    slotsPerWorker,
  };
  if (busyContainers === undefined) return { ...crew, workers: found };
  const jobs = toMap(busyContainers);
  const workers = found.map((each) => ({ ...each, busy: jobs.get(each.id) ?? 0 }));
  const serving = workers.filter(({ state }) => state !== 'starting');
  const reporting = workers.filter(({ id, state }) => state === 'ready' && jobs.has(id)).length;
  return {
    ...crew,
    workers,
    busy: serving.reduce((sum, { busy }) => sum + Math.min(1, busy / slotsPerWorker), 0),
    ...(reporting < crew.ready && { reporting }),
  };
}

function toMap(busy: BusyContainers): ReadonlyMap<WorkerId, number> {
  return busy instanceof Map ? busy : new Map(Object.entries(busy));
}
