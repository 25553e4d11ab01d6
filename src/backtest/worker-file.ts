import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * The file of the worker threads. In the package, this module is a chunk beside or below `backtest-worker.js`; in
 * the repository it is TypeScript, for which a thread must first be given tsx.
 */
export function workerFile(): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) {
    const tsx = new URL(
      './dist/esm/api/index.mjs',
      pathToFileURL(createRequire(here).resolve('tsx/package.json')),
    );
    const worker = new URL('./backtest-worker.ts', here);
    const code = `import { register } from '${tsx.href}'; register(); await import('${worker.href}');`;
    return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  }
  const candidates = ['./backtest-worker.js', '../backtest-worker.js'].map((path) => new URL(path, here));
  return candidates.find((candidate) => existsSync(candidate)) ?? (candidates[0] as URL);
}
