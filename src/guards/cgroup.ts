import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Supply } from '../core/resources.ts';

/** Directories of this process's control groups, its own first and its ancestors after it. */
export interface CgroupPaths {
  /** 2 where the controller is on the unified hierarchy. */
  readonly version: 1 | 2;
  readonly directories: readonly string[];
  /** The group's own name, for people. */
  readonly name: string;
}

/**
 * Where a controller (`memory`, `cpu`) keeps this process's group. `root` is the root of the file system, another than
 * `/` for recorded trees. `undefined` where there are no control groups.
 *
 * /proc/self/cgroup tells the group as the *host* names it. Inside a container without a cgroup namespace only a part
 * of that path is mounted: `/docker/4a7f/app` may lie at `/sys/fs/cgroup/memory/app`. So leading names are dropped
 * until the directory exists; in the end that is the mount itself.
 */
export function findCgroup(root: string, controller: string): CgroupPaths | undefined {
  const groups = read(join(root, 'proc/self/cgroup'));
  if (groups === undefined) return undefined;
  let unified: string | undefined;
  for (const line of groups.split('\n')) {
    const [id, controllers = '', ...rest] = line.split(':');
    const path = rest.join(':');
    if (controllers.split(',').includes(controller)) {
      const mounts = [controller, controllers].map((name) => join(root, 'sys/fs/cgroup', name));
      const mount = mounts.find(isDirectory);
      if (mount !== undefined) return { version: 1, directories: walkUp(mount, path), name: path };
    }
    if (id === '0' && controllers === '') unified = path;
  }
  if (unified === undefined) return undefined;
  return { version: 2, directories: walkUp(join(root, 'sys/fs/cgroup'), unified), name: unified };
}

function walkUp(mount: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..');
  while (names.length > 0 && !isDirectory(join(mount, ...names))) names.shift();
  return Array.from({ length: names.length + 1 }, (_, up) =>
    join(mount, ...names.slice(0, names.length - up)),
  );
}

/**
 * Memory as every group from this process's own upwards limits it. What can be dropped at once (inactive file pages)
 * is not in use: working set = usage − inactive_file, as the kubelet counts it. `memory.high` counts as a limit: above
 * it the kernel throttles.
 */
export function cgroupMemory({ version, directories, name }: CgroupPaths): Supply[] {
  const files =
    version === 2
      ? (['memory.current', 'inactive_file', 'memory.max', 'memory.high'] as const)
      : (['memory.usage_in_bytes', 'total_inactive_file', 'memory.limit_in_bytes'] as const);
  const [usageFile, dropped, ...limitFiles] = files;
  const supplies: Supply[] = [];
  for (const [up, directory] of directories.entries()) {
    const total = Math.min(
      ...limitFiles.map((file) => number(join(directory, file)) ?? Number.POSITIVE_INFINITY),
    );
    const usage = number(join(directory, usageFile));
    if (usage === undefined || total >= NO_LIMIT) continue;
    const inactive = statistic(join(directory, 'memory.stat'), dropped);
    const used = Math.max(0, usage - inactive);
    supplies.push({ resource: 'memory', total, used, by: `cgroup v${version} ${ancestor(name, up)}` });
  }
  return supplies;
}

/** CPU cores that the groups from this process's own upwards allow; `undefined` where none limits. */
export function cgroupCpu({ version, directories, name }: CgroupPaths): Supply | undefined {
  let tightest: Supply | undefined;
  for (const [up, directory] of directories.entries()) {
    const total = version === 2 ? quotaV2(directory) : quotaV1(directory);
    if (total === undefined || total >= (tightest?.total ?? Number.POSITIVE_INFINITY)) continue;
    tightest = { resource: 'cpu', total, by: `cgroup v${version} ${ancestor(name, up)}` };
  }
  return tightest;
}

/** v1 writes "no limit" as the largest multiple of a page in 63 bits. */
const NO_LIMIT = 2 ** 60;

/** `cpu.max` is "quota period" in µs, e.g. "50000 100000" = half a core, or "max 100000". */
function quotaV2(directory: string): number | undefined {
  const [quota, period] = (read(join(directory, 'cpu.max')) ?? '').trim().split(/\s+/);
  return cores(Number(quota), Number(period ?? 100_000));
}

function quotaV1(directory: string): number | undefined {
  return cores(
    number(join(directory, 'cpu.cfs_quota_us')) ?? -1,
    number(join(directory, 'cpu.cfs_period_us')) ?? 100_000,
  );
}

function cores(quotaUs: number, periodUs: number): number | undefined {
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : undefined;
}

function ancestor(name: string, up: number): string {
  const names = name.split('/').filter((part) => part !== '');
  return `/${names.slice(0, Math.max(0, names.length - up)).join('/')}`;
}

/** A file that holds one number; `undefined` for "max" and for files that are not there. */
function number(file: string): number | undefined {
  const text = read(file)?.trim();
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function statistic(file: string, name: string): number {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(read(file) ?? '');
  return found === null ? 0 : Number(found[1]);
}

/** These files live in the kernel's memory: reading one takes microseconds, waiting for a thread may take longer. */
export function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
