import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const src = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^flyball$/, replacement: src('index.ts') },
      { find: /^flyball\/testing$/, replacement: src('testing/index.ts') },
      { find: /^flyball\/dashboard$/, replacement: src('dashboard/index.ts') },
      { find: /^flyball\/predictors\/augurs$/, replacement: src('augurs/index.ts') },
      { find: /^flyball\/keda$/, replacement: src('keda/index.ts') },
      { find: /^flyball\/((?:adapters|leadership|store)\/.+)$/, replacement: src('$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Browsers, processes and real clocks on a shared machine: what fails once there is tried again, and shown as such.
    retry: process.env.CI === undefined ? 0 : 1,
  },
});
