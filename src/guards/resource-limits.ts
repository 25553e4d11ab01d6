import type { Resource, Supply } from '../core/resources.ts';
import { InvalidOptionError } from '../errors.ts';

/** Limits on what all pools of a controller take together. A field left out does not limit. */
export interface ResourceLimits {
  /** Most workers of all pools together, those that start and drain included. An integer, 1 or more. */
  readonly maxTotalWorkers?: number;
  /** Most memory of all workers together, bytes. Above 0. */
  readonly maxMemoryBytes?: number;
  /** Most CPU of all workers together, cores. Above 0; 0.5 = half a core. */
  readonly maxCpuCores?: number;
  /** Most network traffic of all workers together, bytes per second. Above 0. */
  readonly maxNetworkBytesPerSecond?: number;
  /** Most storage of all workers together, bytes. Above 0. */
  readonly maxStorageBytes?: number;
  /** Part of every limit that only an emergency may use, 0 to below 1. Default 0.1. */
  readonly emergencyReserveRatio?: number;
}

/** Share of what there is that is kept for emergencies, unless told otherwise. */
const EMERGENCY_RESERVE_RATIO = 0.1;

const FIELDS: readonly (readonly [Exclude<keyof ResourceLimits, 'emergencyReserveRatio'>, Resource])[] = [
  ['maxTotalWorkers', 'workers'],
  ['maxMemoryBytes', 'memory'],
  ['maxCpuCores', 'cpu'],
  ['maxNetworkBytesPerSecond', 'network'],
  ['maxStorageBytes', 'storage'],
];

/** @throws InvalidOptionError, with `field` as the path of the limits in the caller's options */
export function checkLimits(limits: ResourceLimits, field = ''): void {
  if (typeof limits !== 'object' || limits === null) {
    throw new InvalidOptionError(field || 'limits', 'must be an object', limits);
  }
  for (const [name] of FIELDS) {
    const value = limits[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      throw new InvalidOptionError(join(field, name), 'must be a number above 0', value);
    }
  }
  const { maxTotalWorkers, emergencyReserveRatio: ratio } = limits;
  if (maxTotalWorkers !== undefined && !Number.isInteger(maxTotalWorkers)) {
    throw new InvalidOptionError(join(field, 'maxTotalWorkers'), 'must be an integer', maxTotalWorkers);
  }
  if (ratio !== undefined && !(typeof ratio === 'number' && ratio >= 0 && ratio < 1)) {
    throw new InvalidOptionError(join(field, 'emergencyReserveRatio'), 'must be from 0 to below 1', ratio);
  }
}

/** The limits as supplies. They are counted: what the pools' workers need stands against them, nothing else. */
export function limitSupplies(limits: ResourceLimits): Supply[] {
  const supplies: Supply[] = [];
  for (const [by, resource] of FIELDS) {
    const total = limits[by];
    if (total !== undefined)
      supplies.push({ resource, total, reserve: reserveOf(resource, total, limits), by });
  }
  return supplies;
}

/** What is kept for emergencies; whole workers, rounded down so that 1 of 1 can still be used. */
export function reserveOf(resource: Resource, total: number, limits: ResourceLimits): number {
  const reserve = total * (limits.emergencyReserveRatio ?? EMERGENCY_RESERVE_RATIO);
  return resource === 'workers' ? Math.floor(reserve) : reserve;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
