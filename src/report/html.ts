/** Text as it may stand between tags or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Data as it may stand in a `<script type="application/json">`: no `<` can end the element. */
export function embedJson(data: unknown): string {
  return JSON.stringify(data, compactNumbers).replaceAll('<', '\\u003c');
}

/** Charts show three digits; more would only make pages large. Typed arrays become arrays. */
function compactNumbers(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return Number(value.toPrecision(4));
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  return value;
}

export interface Page {
  readonly title: string;
  /** HTML. */
  readonly body: string;
  /** JavaScript, run in this order at the end of the page. */
  readonly scripts: readonly string[];
  /** CSS besides the house's own. */
  readonly styles?: readonly string[];
}

/** One self-contained file: opens from a disk, asks no network for anything. */
export function page({ title, body, scripts, styles = [] }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${[...styles, pageStyle].join('\n')}
</style>
</head>
<body>
<main>
${body}
</main>
${scripts.map((script) => `<script>\n${script.replaceAll('</script', '<\\/script')}\n</script>`).join('\n')}
</body>
</html>
`;
}

/** The look of all pages, in light and dark. */
const pageStyle: string = `
:root { --ink: #1c2128; --faint: #66707c; --line: #d9dee4; --ground: #ffffff; --raised: #f5f7f9; --accent: #0b6bcb;
  --good: #14804a; --bad: #b42318; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ed; --faint: #98a2ae; --line: #353c45; --ground: #14181d; --raised: #1d2228; --accent: #6cb2ff;
    --good: #5fd39a; --bad: #ff8a7a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 8px; }
p { margin: 6px 0; max-width: 75ch; } .faint { color: var(--faint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--faint); font-weight: 600; } th:first-child, td:first-child, td.text, th.text { text-align: left; }
td.text { white-space: normal; }
tr.own td { font-weight: 650; } tr.foreknowing td { color: var(--faint); font-style: italic; }
select { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 6px;
  padding: 5px 8px; }
figure { margin: 12px 0 20px; } figcaption { color: var(--faint); margin-bottom: 4px; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .faint { fill: var(--faint); }
svg .grid { stroke: var(--line); }
.u-legend { font-size: 13px; } .u-legend td, .u-legend th { border: 0; padding: 2px 6px; }
details summary { cursor: pointer; color: var(--accent); }
`;
