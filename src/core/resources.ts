import type { PoolId, ResourceUsage } from './observation.ts';

/** What workers share. `workers` is a seat, `cost` is money per hour. */
export type Resource = 'workers' | 'memory' | 'cpu' | 'network' | 'storage' | 'cost';

/** One limit on one resource: a cgroup's memory, a quota, a price ceiling. A resource may have several. */
export interface Supply {
  readonly resource: Resource;
  /** Bytes, cores, bytes per second, workers, or money per hour. */
  readonly total: number;
  /**
   * What is in use, where that was measured: it then holds whatever else runs there. Absent = it is counted: what all
   * pools' workers need.
   */
  readonly used?: number;
  /** The part of `total` that only an emergency may use. Default 0. */
  readonly reserve?: number;
  /** Where the limit comes from, for people: `maxMemoryBytes`, `cgroup v2 /kubepods/pod7`, `this machine`. */
  readonly by: string;
}

/** What is there for workers. A resource without a supply is not limited. Plain JSON. */
export interface ResourceCapacity {
  readonly supplies: readonly Supply[];
}

/** A pool's standing among the pools that share a budget. */
export interface PoolShare {
  /** Higher is served first, and cut last. Any number; default 0. */
  readonly priority?: number;
  /** Among equals of one priority a pool of weight 2 gets twice the workers, as far as it wants them. Above 0; default 1. */
  readonly weight?: number;
  /**
   * Workers that this pool is owed whenever it needs them. What it does not need is lent to others, and called back
   * from them. An integer, 0 or more; at least minWorkers. Default 1, so that no pool starves.
   */
  readonly guaranteedWorkers?: number;
}

/** What a pool is known to need and cost; from `LearnedNeeds` and its options. */
export interface PoolTerms {
  readonly share?: PoolShare;
  /** What one worker needs. */
  readonly needs?: ResourceUsage;
  /** What one worker costs in an hour. Default 0. */
  readonly costPerHour?: number;
  /** What optimising the present workers is expected to win, 0..1. */
  readonly expectedGainRatio?: number;
  /** Workers that may leave now without a loss, where time is paid by the period. */
  readonly releasable?: number;
}

/** A question: may this pool go from one size to another? */
export interface FeasibilityRequest {
  readonly pool: PoolId;
  /** Workers now, ready and starting. */
  readonly from: number;
  readonly to: number;
  /** What one worker needs; what is not known is left out and not judged. */
  readonly needs: ResourceUsage;
  readonly emergency?: boolean;
  /** Share of a resource that optimising the present workers is expected to win, 0..1, where that is known. */
  readonly expectedGainRatio?: number;
}

/** One resource in an answer. All in the resource's own unit. */
export interface ResourceShare {
  readonly resource: Resource;
  /** What the change needs; negative = what it gives back, once the workers have gone. */
  readonly needed: number;
  /** What is free to this request: the reserve is left out unless it is an emergency. */
  readonly available: number;
  readonly total: number;
  /** Where the limit comes from. */
  readonly by: string;
}

/** What can be done in place of what was asked. */
export type Alternative =
  /** The largest size that fits; always above the present one. */
  | { readonly kind: 'fewer'; readonly to: number }
  /** Not one more fits: make the present workers leaner. */
  | {
      readonly kind: 'optimize';
      readonly resource: Resource;
      /** What that is expected to win, in the resource's unit; absent where nothing tells. */
      readonly expectedGain?: number;
    };

export interface Feasible {
  readonly feasible: true;
  readonly request: FeasibilityRequest;
  readonly resources: readonly ResourceShare[];
}

export interface Infeasible {
  readonly feasible: false;
  readonly request: FeasibilityRequest;
  readonly resources: readonly ResourceShare[];
  /** The resource that runs out first. */
  readonly limiting: Resource;
  readonly alternative: Alternative;
  /** A sentence that names the resource, the need and what is free. */
  readonly reason: string;
}

export type Feasibility = Feasible | Infeasible;

/** Knows what is there for workers and judges what fits. */
export interface ResourceGuard {
  /** Looks at what is there; called once a tick, before anything is decided. */
  sense(signal: AbortSignal): ResourceCapacity | Promise<ResourceCapacity>;
  /**
   * Whether one pool's change fits, if it were the only one. Pure and synchronous: `capacity` is what `sense` gave, with
   * every `used` filled in. What several pools may take together is the budget's business.
   */
  judge(request: FeasibilityRequest, capacity: ResourceCapacity): Feasibility;
}

/** What one worker takes of a resource; 0 where it is not known. */
export function needOf(resource: Resource, needs: ResourceUsage, costPerHour = 0): number {
  switch (resource) {
    case 'workers':
      return 1;
    case 'memory':
      return needs.memoryBytes ?? 0;
    case 'cpu':
      return needs.cpuCores ?? 0;
    case 'network':
      return needs.networkBytesPerSecond ?? 0;
    case 'storage':
      return needs.storageBytes ?? 0;
    case 'cost':
      return costPerHour;
  }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** An amount as it reads in a sentence: 536,870,912 bytes of memory → "512 MiB of memory". */
export function amount(resource: Resource, value: number): string {
  switch (resource) {
    case 'workers':
      return value === 1 ? '1 worker' : `${round(value)} workers`;
    case 'cpu':
      return value === 1 ? '1 CPU core' : `${round(value)} CPU cores`;
    case 'cost':
      return `${round(value)} an hour`;
    default:
      return `${quantity(resource, value)} of ${resource}`;
  }
}

/** The figure alone: 536,870,912 bytes of memory → "512 MiB". */
export function quantity(resource: Resource, value: number): string {
  switch (resource) {
    case 'memory':
    case 'storage':
      return bytes(value);
    case 'network':
      return `${bytes(value)}/s`;
    default:
      return String(round(value));
  }
}

function bytes(value: number): string {
  let unit = 0;
  let size = value;
  while (Math.abs(size) >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${Math.round(size * 10) / 10} ${UNITS[unit]}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
