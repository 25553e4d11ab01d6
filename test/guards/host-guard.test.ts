import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Resource, ResourceCapacity, Supply } from '../../src/core/resources.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { hostGuard } from '../../src/guards/host-guard.ts';

const MB = 2 ** 20;
const GB = 2 ** 30;
const trees: string[] = [];

afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

/** A recorded file system: path → content. */
function recorded(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'flyball-cgroup-'));
  trees.push(root);
  const machine = {
    'proc/meminfo': `MemTotal: ${(16 * GB) / 1024} kB\nMemAvailable:  ${(12 * GB) / 1024} kB\n`,
  };
  for (const [path, content] of Object.entries({ ...machine, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

async function sense(files: Readonly<Record<string, string>>): Promise<ResourceCapacity> {
  const guard = hostGuard({ root: recorded(files), machineCpuCores: 8, emergencyReserveRatio: 0 });
  return await guard.sense(new AbortController().signal);
}

/** The supply with the least left. */
function tightest(capacity: ResourceCapacity, resource: Resource): Supply {
  const free = (supply: Supply): number => supply.total - (supply.used ?? 0);
  const supplies = capacity.supplies.filter((supply) => supply.resource === resource);
  return supplies.reduce((least, supply) => (free(supply) < free(least) ? supply : least));
}

/** A container limited to 512 MB, as it sees itself with cgroup v2: 180 MB in use, of them 30 MB droppable. */
const container512: Readonly<Record<string, string>> = {
  'proc/self/cgroup': '0::/\n',
  'sys/fs/cgroup/memory.max': `${512 * MB}\n`,
  'sys/fs/cgroup/memory.high': 'max\n',
  'sys/fs/cgroup/memory.current': `${180 * MB}\n`,
  'sys/fs/cgroup/memory.stat': `anon 1\nfile 2\ninactive_anon 5\ninactive_file ${30 * MB}\nactive_file 7\n`,
  'sys/fs/cgroup/cpu.max': '150000 100000\n',
};

describe('hostGuard in a container', () => {
  it('reads cgroup v2 as the container sees it', async () => {
    const capacity = await sense(container512);
    expect(tightest(capacity, 'memory')).toMatchObject({
      total: 512 * MB,
      used: 150 * MB,
      by: 'cgroup v2 /',
    });
    expect(tightest(capacity, 'cpu')).toMatchObject({ total: 1.5, by: 'cgroup v2 /' });
  });

  it('reads cgroup v1, whose path in the container is not the one that the host names', async () => {
    const capacity = await sense({
      'proc/self/cgroup':
        '9:memory:/docker/4a7f\n4:cpu,cpuacct:/docker/4a7f\n1:name=systemd:/docker/4a7f\n0::/\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${256 * MB}\n`,
      'sys/fs/cgroup/memory/memory.usage_in_bytes': `${100 * MB}\n`,
      'sys/fs/cgroup/memory/memory.stat': `inactive_file 1\ntotal_inactive_file ${20 * MB}\n`,
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    });
    expect(tightest(capacity, 'memory')).toMatchObject({ total: 256 * MB, used: 80 * MB });
    expect(tightest(capacity, 'cpu')).toMatchObject({ total: 0.5 });
  });

  it('counts memory.high, above which the kernel throttles', async () => {
    const capacity = await sense({ ...container512, 'sys/fs/cgroup/memory.high': `${400 * MB}\n` });
    expect(tightest(capacity, 'memory').total).toBe(400 * MB);
  });

  it('walks up: the tightest ancestor counts', async () => {
    const capacity = await sense({
      'proc/self/cgroup': '0::/kubepods/pod7/app\n',
      'sys/fs/cgroup/kubepods/pod7/app/memory.max': 'max\n',
      'sys/fs/cgroup/kubepods/pod7/app/memory.current': `${50 * MB}\n`,
      'sys/fs/cgroup/kubepods/pod7/memory.max': `${GB}\n`,
      'sys/fs/cgroup/kubepods/pod7/memory.current': `${900 * MB}\n`,
      'sys/fs/cgroup/kubepods/memory.max': `${8 * GB}\n`,
      'sys/fs/cgroup/kubepods/memory.current': `${2 * GB}\n`,
      'sys/fs/cgroup/kubepods/pod7/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/kubepods/cpu.max': '200000 100000\n',
    });
    expect(tightest(capacity, 'memory')).toMatchObject({ total: GB, by: 'cgroup v2 /kubepods/pod7' });
    expect(tightest(capacity, 'cpu')).toMatchObject({ total: 2, by: 'cgroup v2 /kubepods' });
  });

  it('finds its group where only the lower part of the path is mounted', async () => {
    const capacity = await sense({
      'proc/self/cgroup': '0::/machine.slice/libpod-7/app\n',
      'sys/fs/cgroup/app/memory.max': `${64 * MB}\n`,
      'sys/fs/cgroup/app/memory.current': '0\n',
    });
    expect(tightest(capacity, 'memory').total).toBe(64 * MB);
  });

  it('counts the machine where that has less left than the limit', async () => {
    const capacity = await sense({
      ...container512,
      'proc/meminfo': `MemTotal: ${GB / 1024} kB\nMemAvailable: ${(100 * MB) / 1024} kB\n`,
    });
    expect(tightest(capacity, 'memory')).toMatchObject({ total: GB, by: 'this machine' });
  });
});

describe('hostGuard without limits', () => {
  it.each([
    ['no control groups', {}],
    [
      'cgroup v1 that limits nothing',
      {
        'proc/self/cgroup': '4:memory:/user\n5:cpu:/user\n',
        'sys/fs/cgroup/memory/user/memory.limit_in_bytes': '9223372036854771712\n',
        'sys/fs/cgroup/memory/user/memory.usage_in_bytes': '4096\n',
        'sys/fs/cgroup/cpu/user/cpu.cfs_quota_us': '-1\n',
        'sys/fs/cgroup/cpu/user/cpu.cfs_period_us': '100000\n',
      },
    ],
    [
      'cgroup v2 at its root',
      { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cgroup.controllers': 'cpu memory\n' },
    ],
  ])('%s: the machine counts', async (_, files) => {
    const capacity = await sense(files);
    expect(tightest(capacity, 'memory')).toMatchObject({ total: 16 * GB, used: 4 * GB, by: 'this machine' });
    expect(tightest(capacity, 'cpu')).toMatchObject({ total: 8, by: 'this machine' });
  });

  it('senses the machine that the tests run on', async () => {
    const { supplies } = await hostGuard().sense(new AbortController().signal);
    const memory = tightest({ supplies }, 'memory');
    expect(memory.total).toBeGreaterThan(64 * MB);
    expect(memory.used).toBeLessThan(memory.total);
    expect(tightest({ supplies }, 'cpu').total).toBeGreaterThan(0);
  });
});

describe('hostGuard with limits', () => {
  it('sets them beside what it senses, and keeps a reserve of each', async () => {
    const guard = hostGuard({ root: recorded(container512), maxTotalWorkers: 25, maxMemoryBytes: 300 * MB });
    const { supplies } = await guard.sense(new AbortController().signal);
    expect(supplies).toContainEqual({ resource: 'workers', total: 25, reserve: 2, by: 'maxTotalWorkers' });
    expect(supplies).toContainEqual({
      resource: 'memory',
      total: 300 * MB,
      reserve: 30 * MB,
      by: 'maxMemoryBytes',
    });
    expect(tightest({ supplies }, 'memory').reserve).toBeCloseTo(30 * MB);
  });

  it.each([
    [{ maxTotalWorkers: 0 }, 'maxTotalWorkers'],
    [{ maxTotalWorkers: 1.5 }, 'maxTotalWorkers'],
    [{ maxMemoryBytes: Number.NaN }, 'maxMemoryBytes'],
    [{ maxCpuCores: -1 }, 'maxCpuCores'],
    [{ emergencyReserveRatio: 1 }, 'emergencyReserveRatio'],
  ])('refuses %j', (limits, field) => {
    expect(() => hostGuard(limits)).toThrow(InvalidOptionError);
    expect(() => hostGuard(limits)).toThrow(expect.objectContaining({ field }));
  });
});

describe('a pool of 64 MB workers in a container limited to 512 MB', () => {
  const needs = { memoryBytes: 64 * MB };

  it('never grows past what fits, and the refusal names the resource, the need and what is free', async () => {
    const guard = hostGuard({ root: recorded(container512) });
    const capacity = await guard.sense(new AbortController().signal);
    // 512 − 150 in use − 51.2 kept for emergencies = 310.8 MB: four of them.
    expect(guard.judge({ pool: 'a', from: 2, to: 6, needs }, capacity)).toMatchObject({ feasible: true });
    expect(guard.judge({ pool: 'a', from: 2, to: 12, needs }, capacity)).toMatchObject({
      feasible: false,
      limiting: 'memory',
      alternative: { kind: 'fewer', to: 6 },
      reason:
        '10 more need 640 MiB of memory (64 MiB each), 310.8 MiB free of 512 MiB (cgroup v2 /), 51.2 MiB kept for emergencies: 4 fit',
    });
    // An emergency may use the reserve, and nothing more: 362 MB.
    expect(guard.judge({ pool: 'a', from: 2, to: 12, needs, emergency: true }, capacity)).toMatchObject({
      alternative: { kind: 'fewer', to: 7 },
    });
  });
});
