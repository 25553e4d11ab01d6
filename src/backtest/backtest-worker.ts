import { serve } from '../adapters/worker-threads.ts';
import type { Contender } from './contender.ts';
import { type BacktestRun, type BacktestSettings, runContender } from './run-contender.ts';
import type { SampledLoad } from './sampled-load.ts';

/** What a thread is asked to do. */
export interface BacktestJob {
  readonly contender: Contender;
  readonly load: SampledLoad;
  readonly settings: BacktestSettings;
  /** Shared: thousandths that are done, at the job's index. */
  readonly progress: Int32Array;
  readonly index: number;
}

serve<BacktestJob, BacktestRun>(({ contender, load, settings, progress, index }, { signal }) =>
  runContender(
    contender,
    load,
    settings,
    (doneRatio) => Atomics.store(progress, index, Math.round(doneRatio * 1000)),
    signal,
  ),
);
