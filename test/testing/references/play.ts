import type { PolicyEngine } from '../../../src/policies/policy.ts';
import { createView } from '../../../src/testing/create-view.ts';

/** What one tick of a timeline shows. */
export interface Tick {
  readonly ready: number;
  readonly starting?: number;
  /** Busy-worker equivalents that arrived since the tick before. */
  readonly load: number;
  /** Jobs of 1 s that wait. Default 0. */
  readonly queued?: number;
}

const START = Date.UTC(2024, 0, 1);

/** Size that the engine proposes `seconds` after midnight of a Monday. */
export function ask(engine: PolicyEngine, seconds: number, tick: Tick): number {
  const { ready, starting = 0, load, queued = 0 } = tick;
  const view = createView({
    now: START + seconds * 1000,
    ready,
    starting,
    busy: Math.min(ready, load),
    queued,
    demand: { now: load, fast: load, slow: load, backlogSeconds: queued },
  });
  return engine.propose(view).size;
}

/** The same tick every `everySeconds` from `from` to `to` (both included); the last proposal. */
export function hold(
  engine: PolicyEngine,
  [from, to]: readonly [number, number],
  tick: Tick,
  everySeconds = 15,
): number {
  let size = Number.NaN;
  for (let at = from; at <= to; at += everySeconds) size = ask(engine, at, tick);
  return size;
}
