import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { initSync, MSTL } from '@bsull/augurs/mstl';
import type { FitJob } from './fit.ts';

// In Node, the package's own `init()` would fetch the file and fail: give it the bytes.
const script = createRequire(import.meta.url).resolve('@bsull/augurs/mstl');
initSync({ module: readFileSync(script.replace(/\.js$/, '_bg.wasm')) });

const { history, periods, steps } = workerData as FitJob;
const model = MSTL.ets([...periods], { impute: true });
model.fit(history);
parentPort?.postMessage(Float64Array.from(model.predict(steps).point));
