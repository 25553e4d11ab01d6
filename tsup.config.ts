import type { Options } from 'tsup';
import * as assets from './src/dashboard/page-assets.ts';

/** Puts the scripts and styles of pages into the package as strings, in place of the module that bundles them. */
const pageAssets: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'page-assets',
  setup(build) {
    build.onLoad({ filter: /dashboard[\\/]page-assets\.ts$/ }, () => ({
      loader: 'js',
      contents: Object.entries(assets)
        .map(([name, text]) => `export const ${name} = () => ${JSON.stringify(text())};`)
        .join('\n'),
    }));
  },
};

const options: Options = {
  entry: {
    index: 'src/index.ts',
    'testing/index': 'src/testing/index.ts',
    'backtest-worker': 'src/backtest/backtest-worker.ts',
    'fit-worker': 'src/augurs/fit-worker.ts',
    cli: 'src/cli/main.ts',
    'adapters/worker-threads': 'src/adapters/worker-threads.ts',
    'adapters/child-process': 'src/adapters/child-process.ts',
    'adapters/compose': 'src/adapters/compose.ts',
    'adapters/bullmq': 'src/adapters/bullmq.ts',
    'adapters/docker': 'src/adapters/docker.ts',
    'adapters/kubernetes': 'src/adapters/kubernetes.ts',
    'adapters/postgres-queue': 'src/adapters/postgres-queue.ts',
    'adapters/piscina': 'src/adapters/piscina.ts',
    'dashboard/index': 'src/dashboard/index.ts',
    'keda/index': 'src/keda/index.ts',
    'leadership/kubernetes': 'src/leadership/kubernetes.ts',
    'leadership/redis': 'src/leadership/redis.ts',
    'state/redis': 'src/state-store/redis.ts',
    'store/sql': 'src/store/sql.ts',
    'predictors/augurs': 'src/augurs/index.ts',
    'telemetry/opentelemetry': 'src/telemetry/opentelemetry.ts',
    'telemetry/prometheus': 'src/telemetry/prometheus.ts',
  },
  format: 'esm',
  target: 'node20',
  dts: true,
  clean: true,
  splitting: true,
  sourcemap: true,
  esbuildPlugins: [pageAssets],
};

export default options;
