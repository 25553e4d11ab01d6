import { parseArgs } from 'node:util';
import { messageOf } from '../errors.ts';
import { UsageError } from './usage-error.ts';

/** What `flyball top` was asked for. */
export interface TopCall {
  /** Folder of the dashboard, with a `/` at its end. */
  readonly base: string;
  readonly pool?: string;
  readonly once: boolean;
  readonly plain: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws UsageError */
export function parseTopCall(args: readonly string[]): TopCall {
  const { values, positionals } = parse(args);
  const [url, ...more] = positionals;
  if (url === undefined)
    throw new UsageError('name the address of the live page, such as http://localhost:3000/scaling');
  if (more.length > 0) throw new UsageError(`one address at a time, got also ${more.join(', ')}`);
  return {
    base: baseOf(url),
    ...(values.pool !== undefined && { pool: values.pool }),
    once: values.once ?? false,
    plain: values.plain ?? false,
    headers: Object.fromEntries((values.header ?? []).map(headerOf)),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        pool: { type: 'string' },
        once: { type: 'boolean' },
        plain: { type: 'boolean' },
        header: { type: 'string', multiple: true },
      },
    });
  } catch (error) {
    throw new UsageError(messageOf(error).replace(/\. To specify.*$/s, ''));
  }
}

/** `localhost:3000/scaling` → `http://localhost:3000/scaling/`. */
function baseOf(text: string): string {
  const full = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw new UsageError(`"${text}" is no address`);
  const url = new URL(full);
  url.hash = '';
  url.search = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

function headerOf(text: string): [string, string] {
  const [, name, value] = /^([\w-]+):\s*(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`--header must be 'Name: value', got "${text}"`);
  }
  return [name, value];
}
