import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'testing/index': 'src/testing/index.ts',
    'adapters/worker-threads': 'src/adapters/worker-threads.ts',
    'adapters/child-process': 'src/adapters/child-process.ts',
    'telemetry/opentelemetry': 'src/telemetry/opentelemetry.ts',
    'telemetry/prometheus': 'src/telemetry/prometheus.ts',
  },
  format: 'esm',
  target: 'node20',
  dts: true,
  clean: true,
  splitting: true,
  sourcemap: true,
});
