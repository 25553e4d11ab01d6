import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/**
 * The scripts and styles of pages as strings. Here, in the sources, they are bundled when first asked for; the build
 * replaces this module by its results (tsup.config.ts), so that the package holds plain strings and needs no esbuild.
 */

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function bundle(path: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [source(path)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
    loader: { '.css': 'css' },
  });
  const text = outputFiles[0]?.text.trim() ?? '';
  // The text goes into a page as it is: it must not end the element that it stands in.
  return text.replaceAll(/<\/(?=script|style)/gi, '<\\/');
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** uPlot is part of the scripts; its licence asks for this notice. */
function uplotNotice(): string {
  const licence = readFileSync(source('../../node_modules/uplot/LICENSE'), 'utf8');
  return `/*! This page contains uPlot.\n${licence.replaceAll('*/', '* /').trim()}\n*/\n`;
}

/** Script of the live page. */
export const liveScript: () => string = once(() => uplotNotice() + bundle('./page/live.ts'));

/** Style of the live page. */
export const liveStyle: () => string = once(() => bundle('./page/live.css'));

/** Script that gives a page `flyballCharts`: what `chartScript` of the reports needs. */
export const chartScript: () => string = once(() => uplotNotice() + bundle('./page/charts.ts'));

/** Style of the charts alone. */
export const chartStyle: () => string = once(() => bundle('./page/chart.css'));
