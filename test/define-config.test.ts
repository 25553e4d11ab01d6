import { describe, expect, it } from 'vitest';
import { defineConfig } from '../src/define-config.ts';
import { configJsonSchema } from '../src/option-schemas.ts';
import { HandPool } from './hand-pool.ts';

describe('defineConfig', () => {
  it('gives back what it was given', () => {
    const config = { pools: [{ id: 'a', adapter: new HandPool() }], budget: { maxWorkers: 8 } };
    expect(defineConfig(config)).toBe(config);
  });

  it.each([
    [{ pools: [], budget: { maxWorkers: -1 } }, 'budget.maxWorkers'],
    [{ pools: [], signals: { spikeThreshold: 0.9, emergencyThreshold: 0.8 } }, 'signals.emergencyThreshold'],
    [{ pools: [], predictive: { retrainIntervalMs: 1 } }, 'predictive.retrainIntervalMs'],
    [{ pools: [], resources: { maxTotalWorkers: 1.5 } }, 'resources.maxTotalWorkers'],
    [{ pools: [], schedules: ['sometimes'] }, 'schedules[0]'],
    [{ pools: [], zone: 'Mars/Olympus', schedules: [] }, 'zone'],
  ])('refuses %j naming the field', (config, field) => {
    expect(() => defineConfig(config as never)).toThrow(expect.objectContaining({ field }));
  });
});

describe('configJsonSchema', () => {
  interface Node {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Node>>;
    readonly items?: Node;
    readonly anyOf?: readonly Node[];
  }

  function leaves(path: string, node: Node): [string, Node][] {
    const below = [
      ...Object.entries(node.properties ?? {}).map(([name, child]) => [`${path}.${name}`, child] as const),
      ...(node.items === undefined ? [] : [[`${path}[]`, node.items] as const]),
      ...(node.anyOf ?? []).map((child) => [path, child] as const),
    ].filter(([, child]) => typeof child === 'object');
    return below.length === 0 ? [[path, node]] : below.flatMap(([name, child]) => leaves(name, child));
  }

  const schema = configJsonSchema() as Node;

  it('is a schema of an object without unknown fields', () => {
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false, required: ['pools'] });
    expect(schema.properties?.pools?.items).toMatchObject({ required: ['id'], additionalProperties: false });
  });

  it('leaves out what only code can give', () => {
    expect(Object.keys(schema.properties ?? {})).not.toContain('clock');
    expect(Object.keys(schema.properties?.pools?.items?.properties ?? {})).not.toContain('adapter');
  });

  it('describes every field with its default, and every time with its unit', () => {
    const all = leaves('', schema).filter(([path]) => /\.\w+$/.test(path));
    expect(all.length).toBeGreaterThan(60);
    for (const [path, { description = '' }] of all) {
      expect(`${path}: ${description}`).toMatch(/: .+\./);
      if (path.endsWith('Ms') && path !== '.intervalMs')
        expect(`${path}: ${description}`).toMatch(/Milliseconds/);
      if (!/\.(id|perWorkerHour|share|lifecycle|predictive)$/.test(path)) {
        expect(`${path}: ${description}`).toMatch(/[dD]efault/);
      }
    }
  });

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});
