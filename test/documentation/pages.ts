import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A code block of a page. */
export interface Block {
  /** Where it stands, for people: `README.md:42`. */
  readonly at: string;
  readonly language: 'ts' | 'js' | 'python';
  /** The name that its first line gives it (`// worker.mjs`): other blocks of the page may use it. */
  readonly name: string | undefined;
  readonly code: string;
}

/** What is read together: blocks of one page see each other's files. */
export interface Page {
  readonly name: string;
  readonly blocks: readonly Block[];
}

/** README and guides, a page each. */
export function guides(root: string): Page[] {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)].map((name) => ({
    name,
    blocks: blocksOf(name, readFileSync(join(root, name), 'utf8'), ''),
  }));
}

/** The examples in docstrings, all on one page. */
export function docstrings(root: string): Page {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return {
    name: 'docstrings',
    blocks: files.flatMap((name) =>
      blocksOf(`src/${name}`, readFileSync(join(root, 'src', name), 'utf8'), ' *\\* ?'),
    ),
  };
}

const LANGUAGES = { ts: 'ts', typescript: 'ts', js: 'js', javascript: 'js', python: 'python' } as const;

function blocksOf(path: string, text: string, margin: string): Block[] {
  const fences = new RegExp(
    `^${margin}\`\`\`(${Object.keys(LANGUAGES).join('|')})\\n([\\s\\S]*?)^${margin}\`\`\`$`,
    'gm',
  );
  return [...text.matchAll(fences)].map(({ 1: language, 2: body = '', index }) => {
    const code = body.replaceAll(new RegExp(`^${margin}`, 'gm'), '');
    return {
      at: `${path}:${text.slice(0, index).split('\n').length}`,
      language: LANGUAGES[language as keyof typeof LANGUAGES],
      name: /^(?:\/\/|#) (\S+\.\w+)\n/.exec(code)?.[1],
      code,
    };
  });
}

/**
 * A page's blocks that are run: all but the files that others of the page use, which run with those.
 */
export function runnable({ blocks }: Page): Block[] {
  return blocks.filter(
    ({ name }) =>
      name === undefined || !blocks.some((other) => other.name !== name && other.code.includes(`./${name}`)),
  );
}

/** What a block says that it prints: the comments behind its calls of `console.log`. */
export function promisedOutput({ code }: Block): string[] {
  return [...code.matchAll(/console\.log\(.*\);? +\/\/ (.+)$/gm)].map(([, text]) => text as string);
}
