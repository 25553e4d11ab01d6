import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** uPlot (MIT), as a page without a network needs it. */
export interface UplotAssets {
  readonly script: string;
  readonly style: string;
}

let assets: UplotAssets | undefined;

/** Read once from the `uplot` package. */
export function uplotAssets(): UplotAssets {
  if (assets === undefined) {
    const folder = dirname(createRequire(import.meta.url).resolve('uplot'));
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
    assets = { script: read('uPlot.iife.min.js'), style: read('uPlot.min.css') };
  }
  return assets;
}
