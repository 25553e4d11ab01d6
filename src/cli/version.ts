import { createRequire } from 'node:module';

/** Of this package, from its own package.json: the same from the sources and from what is built. */
export function version(): string {
  const { version: found } = createRequire(import.meta.url)('flyball/package.json') as {
    readonly version: string;
  };
  return found;
}
