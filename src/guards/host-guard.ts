import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ResourceGuard, Supply } from '../core/resources.ts';
import { type CgroupPaths, cgroupCpu, cgroupMemory, findCgroup, read } from './cgroup.ts';
import { evaluateFeasibility } from './evaluate-feasibility.ts';
import { withinLimits } from './guards.ts';
import { checkLimits, type ResourceLimits } from './resource-limits.ts';

/** Options of `hostGuard`: limits, and where to look. */
export interface HostGuardOptions extends ResourceLimits {
  /** Root of the file system that holds `proc` and `sys`; another than `/` for a recorded tree. Default `/`. */
  readonly root?: string;
  /** CPU cores of the machine. Default: those that this process may run on. */
  readonly machineCpuCores?: number;
}

/**
 * Judges by the machine that this process runs on: for workers that are threads or child processes of it. A
 * container is judged by its own limits (cgroup v1 or v2, its ancestors' included), not by the machine around it; the
 * machine counts as well where it has less left.
 *
 * Memory is measured: the free part is the limit less the working set of all that runs there. CPU is counted: the
 * workers' needs stand against the cores, as a core that idles at this moment is not a free one.
 *
 * @throws InvalidOptionError
 */
export function hostGuard(options: HostGuardOptions = {}): ResourceGuard {
  checkLimits(options);
  const { root = '/', machineCpuCores = availableParallelism() } = options;
  let memory: CgroupPaths | undefined;
  let cpu: CgroupPaths | undefined;
  let found = false;
  return {
    sense() {
      if (!found) {
        memory = findCgroup(root, 'memory');
        cpu = findCgroup(root, 'cpu');
        found = true;
      }
      const machine: Supply = { resource: 'cpu', total: machineCpuCores, by: 'this machine' };
      const quota = cpu === undefined ? undefined : cgroupCpu(cpu);
      const sensed = [
        ...(memory === undefined ? [] : cgroupMemory(memory)),
        machineMemory(root),
        quota !== undefined && quota.total < machine.total ? quota : machine,
      ];
      return withinLimits(sensed, options);
    },
    judge: evaluateFeasibility,
  };
}

/** `MemAvailable` counts what the kernel would give up (caches); the plain free memory of a warm machine is near 0. */
function machineMemory(root: string): Supply {
  const info = read(join(root, 'proc/meminfo')) ?? '';
  const total = kibibytes(info, 'MemTotal') ?? totalmem();
  const available = kibibytes(info, 'MemAvailable') ?? freemem();
  return { resource: 'memory', total, used: Math.max(0, total - available), by: 'this machine' };
}

function kibibytes(info: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(info);
  return found === null ? undefined : Number(found[1]) * 1024;
}
