import type { ContainerInfo } from 'dockerode';
import type { WorkerId } from '../../core/observation.ts';
import { TERM_LABEL, termOf } from './term.ts';

/** Whose container it is, and when it was asked for: what another controller needs to go on with it. */
export const POOL_LABEL = 'flyball.pool';
const STARTED_AT_LABEL = 'flyball.started-at';

/** A container that was made and not started within this time will not be: who made it has died. */
const LONGEST_UNSTARTED_MS = 60_000;

/** One container of a pool, as the daemon lists it. */
export interface PoolContainer {
  /** Its name, by which the daemon knows it too. */
  readonly id: WorkerId;
  /** Epoch ms. */
  readonly startedAt: number;
  /** The fencing token under which it was started, 0 without one. */
  readonly term: number;
  /** `paused` is a person's doing. `ended`: it is there, but runs no more. `abandoned`: it was never started. */
  readonly phase: 'starting' | 'ready' | 'paused' | 'going' | 'ended' | 'abandoned';
  readonly healthy: boolean;
}

export function labelsOf(pool: string, startedAt: number, term: number | undefined): Record<string, string> {
  return {
    [POOL_LABEL]: pool,
    [STARTED_AT_LABEL]: new Date(startedAt).toISOString(),
    ...(term !== undefined && { [TERM_LABEL]: String(term) }),
  };
}

export function poolContainer(info: ContainerInfo, now: number): PoolContainer {
  const { Names, Labels, Created, State, Status } = info;
  // Others may have linked to it, by names of two parts.
  const name = Names.find((each) => each.lastIndexOf('/') === 0) ?? `/${info.Id}`;
  const startedAt = Date.parse(Labels[STARTED_AT_LABEL] ?? '') || Created * 1_000;
  return {
    id: name.slice(1),
    startedAt,
    term: termOf(Labels),
    phase: phaseOf(State, Status, now - startedAt),
    healthy: !Status.includes('(unhealthy)'),
  };
}

/** The list tells of health in its text for people only: `Up 2 minutes (healthy)`, `Up 1 second (health: starting)`. */
function phaseOf(state: string, status: string, ageMs: number): PoolContainer['phase'] {
  switch (state) {
    case 'created':
      return ageMs < LONGEST_UNSTARTED_MS ? 'starting' : 'abandoned';
    case 'restarting':
      return 'starting';
    case 'running':
      return status.includes('(health: starting)') ? 'starting' : 'ready';
    case 'paused':
      return 'paused';
    case 'exited':
    case 'dead':
      return 'ended';
    default:
      return 'going';
  }
}
