import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** A heading's anchor, as code hosts make it. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(pages)('the links of %s lead somewhere', (page) => {
  const broken = [...read(page).matchAll(/\]\(([^)\s]*)\)/g)]
    .map(([, target]) => target as string)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchors(read(file)).includes(anchor);
    });
  expect(broken).toEqual([]);
});

it('numbers every decision and lists it with its title', () => {
  const index = read('docs/adr/README.md');
  const files = readdirSync(join(ROOT, 'docs/adr')).filter((name) => name !== 'README.md');
  const expected = files.map((name) => {
    const title = /^# (.+)$/m.exec(read(`docs/adr/${name}`))?.[1];
    return `- [${name.slice(0, 4)} ${title}](${name})`;
  });
  expect(files.every((name, i) => name.startsWith(String(i + 1).padStart(4, '0')))).toBe(true);
  for (const line of expected) expect(index).toContain(line);
});
