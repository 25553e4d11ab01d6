import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shareOut } from '../../src/constraints/share-out.ts';
import { beginPlan, type Plan } from '../../src/core/plan.ts';
import { hostGuard } from '../../src/guards/host-guard.ts';
import { LearnedNeeds } from '../../src/guards/learned-needs.ts';
import { createView } from '../../src/testing/create-view.ts';

const MB = 2 ** 20;
const LIMIT = 512 * MB;
const WORKER = 64 * MB;
/** What the application itself takes. */
const APPLICATION = 60 * MB;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'flyball-container-'));
  mkdirSync(join(root, 'proc/self'), { recursive: true });
  mkdirSync(join(root, 'sys/fs/cgroup'), { recursive: true });
  write('proc/meminfo', `MemTotal: ${64 * 2 ** 20} kB\nMemAvailable: ${48 * 2 ** 20} kB\n`);
  write('proc/self/cgroup', '0::/\n');
  write('sys/fs/cgroup/memory.max', `${LIMIT}\n`);
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, content: string): void => writeFileSync(join(root, path), content);

/** One tick of a pool that asks for 50 workers, in a container in which this much is in use. */
async function tick(options: {
  ready: number;
  starting?: number;
  draining?: number;
  used: number;
  emergency?: boolean;
}): Promise<Plan> {
  const { ready, starting = 0, draining = 0, used, emergency = false } = options;
  write('sys/fs/cgroup/memory.current', `${used}\n`);
  const guard = hostGuard({ root, machineCpuCores: 8 });
  const capacity = await guard.sense(new AbortController().signal);
  const needs = new LearnedNeeds();
  needs.observe({ ready, busy: ready, queued: 99, resources: { memoryBytes: WORKER } }, 0);
  const plan = beginPlan({ kind: 'target', size: 50, reason: 'a long queue' });
  const view = createView({ ready, starting, draining });
  shareOut([{ plan, view, terms: { needs: needs.needs }, emergency }], { guard, capacity, budget: [] });
  return plan;
}

describe('a pool of 64 MB workers in a container limited to 512 MB, which asks for 50', () => {
  it.each([
    ['calm', false],
    ['in an emergency', true],
  ])('%s, never grows past what fits', async (_, emergency) => {
    let ready = 1;
    let starting = 0;
    let most = 0;
    for (let ticks = 0; ticks < 30; ticks++) {
      const used = APPLICATION + ready * WORKER;
      const plan = await tick({ ready, starting, used, emergency });
      most = Math.max(most, plan.size);
      expect(APPLICATION + plan.size * WORKER).toBeLessThanOrEqual(LIMIT);
      // Starts take three ticks, and their memory shows only then.
      if (ticks % 3 === 2) {
        ready += starting;
        starting = 0;
      }
      starting += Math.max(0, plan.size - ready - starting);
    }
    // 60 + 6 × 64 = 444 of 460.8 MB; with the reserve 60 + 7 × 64 = 508 of 512 MB.
    expect(most).toBe(emergency ? 7 : 6);
  });

  it('is told which resource is short, what it needs, and what is free', async () => {
    const plan = await tick({ ready: 4, used: APPLICATION + 4 * WORKER });
    expect(plan.size).toBe(6);
    expect(plan.adjustments[0]?.reason).toBe(
      '46 more need 2.9 GiB of memory (64 MiB each), 144.8 MiB free of 512 MiB (cgroup v2 /), 51.2 MiB kept for emergencies: 2 fit',
    );
  });

  it('gives workers back before the kernel takes them, when the application grows', async () => {
    const plan = await tick({ ready: 6, used: 500 * MB });
    expect(plan.size).toBe(5);
    expect(plan.adjustments.at(-1)).toMatchObject({
      by: 'budget',
      code: 'resources',
      reason: '98% of the memory (cgroup v2 /) is in use: workers leave before the kernel ends them',
    });
    // The one that leaves is not asked for twice.
    expect((await tick({ ready: 5, draining: 1, used: 500 * MB })).size).toBe(5);
  });
});
