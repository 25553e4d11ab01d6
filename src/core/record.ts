import type { Decision, Trigger } from './decision.ts';
import type { ResourceCapacity, Supply } from './resources.ts';
import type { PoolView } from './view.ts';

/** What a shadow would have done: a policy that decides beside the acting one and is never followed. */
export interface ShadowRecord {
  /** Its name among the pool's shadows. */
  readonly name: string;
  readonly policy: string;
  /** On a size of its own, modelled: `from` and `to` are what it would hold. */
  readonly decision: Decision;
}

/** One pool's part of a tick. */
export interface PoolRecord {
  /** What was seen: `decide` on it gives the decision again. */
  readonly view: PoolView;
  /** Name of the policy that decided. */
  readonly policy: string;
  readonly decision: Decision;
  /** The decision was carried out; `false` in recommend mode and while paused. */
  readonly acted: boolean;
  /** It took no part in sharing what all pools share. Default `false`. */
  readonly apart?: boolean;
  /** Absent where the pool has no shadows. */
  readonly shadows?: readonly ShadowRecord[];
}

/** All of one tick, as plain JSON. */
export interface TickRecord {
  readonly version: 1;
  /** Epoch ms. */
  readonly at: number;
  readonly trigger: Trigger;
  /** Why the evaluation ran, where it was asked for. */
  readonly cause?: string;
  /** What limited all pools together; absent where nothing did. */
  readonly shared?: { readonly capacity?: ResourceCapacity; readonly budget: readonly Supply[] };
  readonly pools: readonly PoolRecord[];
}
