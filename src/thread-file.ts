import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The file of a worker thread of flyball's own: `path` below `src`, without ending. In the package, this module is a
 * chunk beside or below the thread's file; in the repository it is TypeScript, for which a thread must first be given
 * tsx.
 */
export function threadFile(path: string): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) {
    const tsx = new URL(
      './dist/esm/api/index.mjs',
      pathToFileURL(createRequire(here).resolve('tsx/package.json')),
    );
    const worker = new URL(`./${path}.ts`, here);
    const code = `import { register } from '${tsx.href}'; register(); await import('${worker.href}');`;
    return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  }
  const name = `${basename(path)}.js`;
  const candidates = [`./${name}`, `../${name}`].map((candidate) => new URL(candidate, here));
  return candidates.find((candidate) => existsSync(candidate)) ?? (candidates[0] as URL);
}
