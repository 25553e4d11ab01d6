import { type DrawnChart, drawChart } from './chart.ts';
import type { Chart } from './chart-model.ts';

/** Draws every `[data-time-chart]` below an element that is visible and not drawn yet. */
function drawAll(root: ParentNode): void {
  for (const figure of root.querySelectorAll<HTMLElement>('[data-time-chart]:not([data-drawn])')) {
    const data = figure.querySelector('script[type="application/json"]')?.textContent;
    if (figure.offsetParent === null || !data) continue;
    figure.dataset.drawn = '';
    drawn.push(drawChart(figure.lastElementChild as HTMLElement, JSON.parse(data) as Chart));
  }
}

const drawn: DrawnChart[] = [];
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const chart of drawn) chart.repaint();
});

/** For pages that are not live: reports of backtests. */
(globalThis as { flyballCharts?: unknown }).flyballCharts = { draw: drawChart, drawAll };
drawAll(document);
