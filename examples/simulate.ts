/**
 * Your own traffic through several policies: what would each have cost, and who would have waited?
 *
 *   npx tsx examples/simulate.ts [traffic.csv] [--peak 20] [--startup 60] [--policies adaptive,conservative]
 *
 * The CSV has a time (ISO, or seconds) and a load on each line, in any unit: it is scaled so that its peak needs
 * `--peak` workers. traffic.csv beside this file is made up: a day with a busy noon and a rush at 16:00.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { PolicyName } from 'flyball';
import { exponential, formatReport, scaleToPeak, simulate, trace } from 'flyball/testing';

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peak: { type: 'string', default: '20' },
    startup: { type: 'string', default: '60' },
    policies: { type: 'string', default: 'adaptive,high-performance,aggressive,conservative,cost-optimized' },
  },
});
const file = positionals[0] ?? new URL('./traffic.csv', import.meta.url);
const peak = Number(args.peak);
const workload = scaleToPeak(trace(readFileSync(file, 'utf8'), { name: 'traffic' }), peak);

const reports = [];
for (const policy of args.policies.split(',')) {
  reports.push(
    await simulate({
      workload,
      policy: policy as PolicyName,
      minWorkers: 1,
      maxWorkers: 2 * peak,
      // Jobs of half a second; workers that take a while to start.
      pool: { serviceTimeMs: exponential(500), startupMs: 1_000 * Number(args.startup), fidelity: 'flow' },
    }),
  );
}
console.log(formatReport(...reports));

const best = reports.reduce((a, b) => (b.score < a.score ? b : a));
console.log(`\nBest by cost and late jobs together: ${best.name}. Its first decisions:\n`);
for (const { from, to, reason } of best.decisions.slice(0, 5)) console.log(`  ${from} → ${to}: ${reason}`);
