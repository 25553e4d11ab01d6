import { figure } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { fitParabola } from './least-squares.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { SyncTimer } from './sync-timer.ts';
import { UsageMeter } from './usage.ts';

const SAMPLE_MS = 60_000;
/** Samples that the regression sees. */
const SAMPLES = 60;
const LEAST_SAMPLES = 6;

/**
 * Reg: reactive up, predictive down. More load than workers: as many as the load needs. Otherwise a second-order
 * regression over the last hour of load says how many are needed, and the rest may go.
 */
export function reg(options: { readonly factor?: number } = {}): PolicyEngine {
  const factor = options.factor ?? 1.2;
  const meter = new UsageMeter();
  const timer = new SyncTimer(SAMPLE_MS);
  const loads: number[] = [];
  let sum = 0;
  let count = 0;
  return {
    propose(view) {
      const { size } = view;
      const { load } = meter.observe(view);
      sum += load;
      count++;
      for (let due = timer.due(view.now); due > 0; due--) {
        loads.push(sum / count);
        if (due === 1) sum = count = 0;
      }
      loads.splice(0, loads.length - SAMPLES);
      if (load > size) return target(load * factor, `load ${figure(load)} is above ${size} workers`);
      if (view.starting > 0) return target(size, 'waits for what was ordered');
      if (loads.length < LEAST_SAMPLES) return target(size, 'too few samples for a regression');
      const needed = fitParabola(loads)(loads.length);
      return target(
        Math.min(size, Math.max(0, needed) * factor),
        `regression expects load ${figure(needed)}`,
      );
    },
  };
}

export const regReference: ReferenceAutoscaler = {
  name: 'reg',
  title: 'Reg',
  source:
    'Iqbal, Dailey, Carrera, Janecek: Adaptive Resource Provisioning for Read Intensive Multi-tier Applications in the Cloud, FGCS 2011',
  headroom: { kind: 'factor', default: 1.2, curve: [1.05, 1.2, 1.4, 1.6, 2] },
  create: (headroom) => reg({ factor: headroom }),
};
