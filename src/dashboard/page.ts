import { createHash } from 'node:crypto';
import { answer } from './answers.ts';
import { liveScript, liveStyle } from './page-assets.ts';

/**
 * The page is the same for everyone: what it shows comes by the event stream, so that no data is ever written into
 * HTML. Script and style are named by their hashes; nothing else runs, and nothing is loaded from anywhere.
 */
export function createPage(title: string): (request: Request) => Response {
  let page: { html: string; headers: Record<string, string> } | undefined;
  return (request) => {
    page ??= build(title);
    const { html, headers } = page;
    if (request.headers.get('if-none-match') === headers.etag) return answer(304, null, headers);
    return answer(200, request.method === 'HEAD' ? null : html, headers);
  };
}

function build(title: string): { html: string; headers: Record<string, string> } {
  const script = liveScript();
  const style = liveStyle();
  const html = document(escapeHtml(title), style, script);
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // Text can then not become markup, not even by a mistake in the page.
    "require-trusted-types-for 'script'",
  ];
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-cache',
      etag: `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`,
    },
  };
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A governor's two balls on a spindle. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cg fill='none' stroke='%230f766e' stroke-width='2.5'%3E%3Cpath d='M16 4v24M16 8 7 19M16 8l9 11M10 28h12'/%3E%3C/g%3E%3Ccircle cx='7' cy='19' r='4.5' fill='%230f766e'/%3E%3Ccircle cx='25' cy='19' r='4.5' fill='%230f766e'/%3E%3C/svg%3E";

function document(title: string, style: string, script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body data-title="${title}">
<noscript>This page shows a running service and needs JavaScript. The same data as JSON: <a href="data">data</a>.</noscript>
<script>${script}</script>
</body>
</html>
`;
}
