/**
 * What would another policy have done? Replays a journal of your service through other policies.
 *
 *   npx tsx examples/what-if.ts [scaling.jsonl] [--policies aggressive,conservative] [--from 2026-01-05] [--to …]
 *
 * Without a journal it makes one: a simulated day under `adaptive`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileJournal, formatReplay, type PolicyName, replay, ScalingController } from 'flyball';
import { burst, diurnal, plus, SimulatedPool, VirtualClock } from 'flyball/testing';

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    policies: { type: 'string', default: 'aggressive,conservative' },
    from: { type: 'string' },
    to: { type: 'string' },
  },
});

const folder = positionals[0] === undefined ? await mkdtemp(join(tmpdir(), 'flyball-')) : undefined;
const path = positionals[0] ?? join(folder as string, 'scaling.jsonl');
if (folder !== undefined) await simulateDay(path);

const journal = fileJournal(path);
const range = {
  ...(args.from !== undefined && { from: Date.parse(args.from) }),
  ...(args.to !== undefined && { to: Date.parse(args.to) }),
};
const { identical } = await replay(journal, range);
console.log(`the recorded policies decide as they did: ${identical ? 'yes, byte for byte' : 'no'}`);
for (const policy of args.policies.split(',')) {
  console.log(`\n${formatReplay(await replay(journal, { policy: policy as PolicyName, ...range }))}`);
}
if (folder !== undefined) await rm(folder, { recursive: true });

/** A day with a rush in the evening, recorded. */
async function simulateDay(path: string): Promise<void> {
  const clock = new VirtualClock();
  const rush = burst({ base: 0, peak: 12, atMs: 18 * 3_600_000, forMs: 20 * 60_000 });
  const workload = plus(diurnal({ low: 2, high: 20 }), rush);
  const adapter = new SimulatedPool({
    clock,
    workload,
    fidelity: 'flow',
    startupMs: 60_000,
    initialWorkers: 4,
  });
  const journal = fileJournal(path);
  const controller = new ScalingController({
    clock,
    pools: [{ id: 'embedding', adapter, maxWorkers: 60 }],
    journal,
  });
  for (let tick = 0; tick < 24 * 240; tick++) {
    await clock.advance(15_000);
    await controller.tick();
    // Virtual days pass faster than a disk writes: it gets its turn once an hour.
    if (tick % 240 === 0) await journal.flush?.();
  }
  await controller.stop();
}
