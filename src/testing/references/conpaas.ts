import { figure } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { fitLine, leastSquares } from './least-squares.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { SyncTimer } from './sync-timer.ts';
import { UsageMeter } from './usage.ts';

export interface ConpaasOptions {
  /** Workers per predicted busy worker. Default 1.2. */
  readonly factor?: number;
  /** Time from one reconfiguration to the next, ms. Default 600,000. */
  readonly intervalMs?: number;
}

const SAMPLE_MS = 60_000;
/** One-minute samples that the models see. */
const SAMPLES = 20;
const LEAST_SAMPLES = 8;
const AR_ORDER = 2;
/** Weight of the newest error in the choice of the model. */
const ERROR_WEIGHT = 0.2;

type Model = (loads: readonly number[], steps: number) => number;

/** Expected load `steps` minutes ahead, from the last minutes. */
const models: Readonly<Record<string, Model>> = {
  'linear regression': (loads, steps) => fitLine(loads)(loads.length - 1 + steps),
  'auto-regression': autoRegression,
  'exponential smoothing': holt,
};

/**
 * ConPaaS: forecasts the next reconfiguration interval with the time-series model that was best of late (linear
 * regression, auto-regression, double exponential smoothing) and provisions for the highest minute expected within
 * it, at fixed intervals of 10 minutes. Until there is enough past, and whenever more load is there than workers, it
 * sizes for the load that it sees.
 */
export function conpaas(options: ConpaasOptions = {}): PolicyEngine {
  const factor = options.factor ?? 1.2;
  const intervalMs = options.intervalMs ?? 600_000;
  const steps = Math.max(1, Math.round(intervalMs / SAMPLE_MS));
  const meter = new UsageMeter();
  const minute = new SyncTimer(SAMPLE_MS);
  const reconfiguration = new SyncTimer(intervalMs);
  const loads: number[] = [];
  const errors = new Map<string, number>();
  const forecasts = new Map<string, number>();
  let sum = 0;
  let count = 0;
  let desired: number | undefined;
  return {
    propose(view) {
      const { load } = meter.observe(view);
      sum += load;
      count++;
      if (minute.due(view.now) > 0) {
        const seen = sum / count;
        sum = count = 0;
        for (const [name, forecast] of forecasts) {
          const error = Math.abs(forecast - seen);
          errors.set(name, (errors.get(name) ?? error) * (1 - ERROR_WEIGHT) + error * ERROR_WEIGHT);
        }
        loads.push(seen);
        loads.splice(0, loads.length - SAMPLES);
        if (loads.length >= LEAST_SAMPLES) {
          for (const [name, model] of Object.entries(models)) forecasts.set(name, model(loads, 1));
        }
      }
      if (reconfiguration.due(view.now) > 0 || desired === undefined) {
        let best = load;
        if (loads.length >= LEAST_SAMPLES) {
          const model = models[bestOf(errors)] as Model;
          best = Math.max(...Array.from({ length: steps }, (_, i) => model(loads, i + 1)));
        }
        desired = Math.max(0, best) * factor;
      }
      if (load > view.size) desired = Math.max(desired, load * factor);
      return target(desired, `${bestOf(errors)} and load ${figure(load)} × ${factor}`);
    },
  };
}

function bestOf(errors: ReadonlyMap<string, number>): string {
  let best = 'exponential smoothing';
  for (const [name, error] of errors) if (error < (errors.get(best) ?? Number.POSITIVE_INFINITY)) best = name;
  return best;
}

function autoRegression(loads: readonly number[], steps: number): number {
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  const centred = loads.map((load) => load - mean);
  const rows = centred.slice(AR_ORDER).map((_, i) => centred.slice(i, i + AR_ORDER));
  const weights = leastSquares(rows, centred.slice(AR_ORDER));
  const past = centred.slice(-AR_ORDER);
  for (let step = 0; step < steps; step++) {
    past.push(weights.reduce((sum, weight, k) => sum + weight * (past[step + k] as number), 0));
  }
  const most = 3 * Math.max(...loads);
  return Math.min(most, mean + (past.at(-1) as number));
}

/** Holt's double exponential smoothing with the usual 0.5 and 0.3. */
function holt(loads: readonly number[], steps: number): number {
  let level = loads[0] as number;
  let trend = 0;
  for (const load of loads.slice(1)) {
    const before = level;
    level = 0.5 * load + 0.5 * (level + trend);
    trend = 0.3 * (level - before) + 0.7 * trend;
  }
  return level + steps * trend;
}

export const conpaasReference: ReferenceAutoscaler = {
  name: 'conpaas',
  title: 'ConPaaS',
  source:
    'Fernandez, Pierre, Kielmann: Autoscaling Web Applications in Heterogeneous Cloud Infrastructures, IC2E 2014',
  headroom: { kind: 'factor', default: 1.2, curve: [1.05, 1.2, 1.4, 1.6, 2] },
  create: (headroom) => conpaas({ factor: headroom }),
};
