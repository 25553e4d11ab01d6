import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * A lock file that was made where a registry lacks some platform's binaries is short of them, and `npm ci` then refuses
 * it on every machine. CONTRIBUTING, "Pinned versions", says what to do.
 */
it('the lock file has the binaries of every platform', () => {
  const path = new URL('../package-lock.json', import.meta.url);
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Locked> };
  const isLocked = (name: string, from: string): boolean => {
    for (
      let folder = from;
      ;
      folder = folder.slice(0, folder.lastIndexOf('node_modules/')).replace(/\/$/, '')
    ) {
      if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true;
      if (folder === '') return false;
    }
  };
  const missing = Object.entries(packages).flatMap(([from, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(name, from))
      .map((name) => `${from} → ${name}`),
  );
  expect(missing).toEqual([]);
});
