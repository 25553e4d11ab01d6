import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** What each part of src may import, besides itself. Parts are folders, or files at the top of src. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  errors: [],
  clock: [],
  'unless-aborted': [],
  policies: ['core', 'errors'],
  predictors: ['core', 'errors'],
  patterns: ['core', 'errors'],
  constraints: ['core', 'errors', 'policies'],
  schedule: ['core', 'errors'],
  triggers: ['core', 'errors'],
  guards: ['core', 'errors', 'clock'],
  workers: ['core', 'errors', 'clock'],
  fleet: ['core', 'errors'],
  keda: ['core', 'errors', 'events'],
  kubernetes: [],
  'state-store': ['core', 'errors'],
  store: ['core', 'errors', 'clock', 'deadline', 'history-store', 'state-store'],
  'shared-state': [
    'core',
    'errors',
    'clock',
    'deadline',
    'pool',
    'policies',
    'schedule',
    'state-store',
    'triggers',
  ],
  leadership: ['core', 'errors', 'clock', 'kubernetes', 'unless-aborted'],
  augurs: ['core', 'errors', 'clock', 'deadline', 'predictors', 'thread-file'],
  adapters: ['core', 'errors', 'kubernetes', 'unless-aborted'],
  // Of events it takes the types of what it listens to.
  telemetry: ['core', 'errors', 'events'],
  decide: ['core', 'errors', 'policies', 'constraints'],
  shadows: ['core', 'errors', 'events', 'policies', 'constraints', 'decide'],
};

/** Outer parts, and who may know that they exist. The controller is where the parts are put together. */
const IMPORTED_BY: Readonly<Record<string, readonly string[]>> = {
  adapters: ['backtest', 'testing', 'cli', 'dashboard'],
  telemetry: ['scaling-controller', 'herald', 'index', 'cli', 'dashboard', 'report'],
};

/** Packages with one home. */
const ONE_HOME: Readonly<Record<string, readonly string[]>> = {
  pino: ['scaling-controller', 'options'],
  eventemitter3: ['events'],
  zod: ['option-schemas'],
  kysely: ['store'],
};

/** Where time and chance may be had from; adapters meet the real world, and the live page runs in a browser. */
const MAY_USE_TIME = ['clock', 'adapters', 'dashboard/page'];
const TIME = /\b(Date\.now|new Date\(\)|performance\.now|setTimeout|setInterval|Math\.random)\b/;

interface Source {
  readonly path: string;
  readonly part: string;
  readonly code: string;
  readonly imports: readonly string[];
}

function partOf(path: string): string {
  return (relative(SRC, path).split('/')[0] as string).replace(/\.ts$/, '');
}

const sources: Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const path = join(SRC, name);
    const code = readFileSync(path, 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\//g, '')
      .replaceAll(/^\s*\/\/.*$/gm, '');
    const imports = [...code.matchAll(/(?:from|import)\s+'([^']+)'/g)].map(
      ([, specifier]) => specifier as string,
    );
    return { path, part: partOf(path), code, imports };
  });

describe('the house', () => {
  it('is read', () => {
    expect(sources.length).toBeGreaterThan(50);
  });

  it.each(Object.entries(MAY_IMPORT))('%s imports only %j', (part, allowed) => {
    const strays = sources
      .filter((source) => source.part === part)
      .flatMap(({ path, imports }) =>
        imports
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => partOf(resolve(dirname(path), specifier)))
          .filter((target) => target !== part && !allowed.includes(target))
          .map((target) => `${relative(SRC, path)} → ${target}`),
      );
    expect(strays).toEqual([]);
  });

  it.each(Object.entries(IMPORTED_BY))('%s is imported only by %j', (part, importers) => {
    const strays = sources
      .filter((source) => source.part !== part && !importers.includes(source.part))
      .flatMap(({ path, imports }) =>
        imports
          .filter((specifier) => specifier.startsWith('.'))
          .filter((specifier) => partOf(resolve(dirname(path), specifier)) === part)
          .map((specifier) => `${relative(SRC, path)} → ${specifier}`),
      );
    expect(strays).toEqual([]);
  });

  it.each(Object.entries(ONE_HOME))('%s is used in %j only', (name, homes) => {
    const users = new Set(sources.filter(({ imports }) => imports.includes(name)).map(({ part }) => part));
    expect([...users].sort()).toEqual([...homes].sort());
  });

  it('time and chance enter through the clock', () => {
    const strays = sources
      .filter(
        ({ path, code }) =>
          !MAY_USE_TIME.some((home) => relative(SRC, path).startsWith(home)) && TIME.test(code),
      )
      .map(({ path, code }) => `${relative(SRC, path)}: ${code.match(TIME)?.[0]}`);
    expect(strays).toEqual([]);
  });

  it('no import runs in a circle', () => {
    const graph = new Map(
      sources.map(({ path, code }) => [
        path,
        // Types vanish: a circle of types alone is none.
        [...code.matchAll(/^(?:import|export) (?!type\b)[^;]*?from\s+'(\.[^']+)'/gm)].map(([, to]) =>
          resolve(dirname(path), to as string),
        ),
      ]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        circles.push(
          [...trail.slice(trail.indexOf(path)), path].map((each) => relative(SRC, each)).join(' → '),
        );
        return;
      }
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) walk(path, []);
    expect(circles).toEqual([]);
  });
});
