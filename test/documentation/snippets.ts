import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface Snippet {
  /** Where it stands, for people: `README.md:42`. */
  readonly at: string;
  /** A file that other snippets of the same page use, or code to run. */
  readonly file: string | undefined;
  readonly code: string;
}

/** The code blocks of a guide. One that begins with `// name.ext` is a file of that name. */
export function guideSnippets(root: string, path: string): Snippet[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm)].map((match) => {
    const code = match[1] as string;
    return { at: `${path}:${lineOf(text, match.index)}`, file: /^\/\/ (\S+\.\w+)\n/.exec(code)?.[1], code };
  });
}

/** The code blocks of docstrings. */
export function docstringSnippets(root: string, folder: string): Snippet[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const path = join(root, folder, name);
      const text = readFileSync(path, 'utf8');
      return [...text.matchAll(/^ *\* ```(?:ts|js)\n([\s\S]*?)^ *\* ```$/gm)].map((match) => ({
        at: `${relative(root, path)}:${lineOf(text, match.index)}`,
        file: undefined,
        code: (match[1] as string).replaceAll(/^ *\* ?/gm, ''),
      }));
    });
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

const MODULES = /from 'flyball(?:\/[\w/-]+)?'/g;

/**
 * A snippet as a module that can be run. Its imports of flyball lead to `tracked`; what a docstring uses of flyball
 * without importing it is imported; `given` stands for what the host would have.
 */
export function toModule(
  { code }: Snippet,
  tracked: string,
  exported: readonly string[],
  given: string,
): string {
  const body = code.replaceAll(MODULES, `from '${tracked}'`);
  const missing = exported.filter(
    (name) =>
      new RegExp(`\\b${name}\\b`).test(body) &&
      !new RegExp(
        `import[^;]*\\b${name}\\b[^;]*from|(?:const|let|function|class) \\{?[^=;]*\\b${name}\\b[^=;]*\\}? =`,
      ).test(body),
  );
  const imports = missing.length > 0 ? `import { ${missing.join(', ')} } from '${tracked}';\n` : '';
  return `${imports}${given}${body}\nexport {};\n`;
}
