import type { BacktestResult } from '../backtest/backtest.ts';
import type { BacktestRun } from '../backtest/run-contender.ts';
import { duration, figure } from '../core/format.ts';
import { chartScript, chartStyle } from '../dashboard/page-assets.ts';
import { escapeHtml, page } from './html.ts';
import { type ScatterGroup, scatterChart } from './scatter-chart.ts';
import { timeChart } from './time-chart.ts';

/** Decisions that the page lists of each run. */
const MOST_DECISIONS = 500;

/** A backtest as one HTML file: the table, cost against lateness, load against capacity, the decisions. */
export function backtestPage(result: BacktestResult): string {
  const runs = [...result.runs].sort((a, b) => a.score - b.score);
  const shown = runs.filter((run) => run.isDefault || runs.length <= 12);
  return page({
    title: `flyball backtest: ${result.workload}`,
    styles: [chartStyle(), ':root { --muted: var(--faint); }'],
    scripts: [chartScript(), chooserScript],
    body: [
      header(result),
      table(shown),
      shown.length < runs.length
        ? `<details><summary>All ${runs.length} runs, with every headroom</summary>${table(runs)}</details>`
        : '',
      '<p class="faint">In italics: told the load in advance, for orientation.</p>',
      '<h2>Cost against lateness</h2>',
      '<p class="faint">Down and to the left is better. Points of one policy differ in its headroom; the large one is its default.</p>',
      scatterChart({
        title: 'Each policy on this load',
        xLabel: "cost, of the oracle's",
        yLabel: `share of jobs that waited longer than ${duration(result.settings.sloMs)}`,
        groups: groupsOf(result.runs),
      }),
      '<h2>Load against capacity, and the decisions</h2>',
      chooser(shown),
      ...shown.map((run, i) => runSection(result, run, i)),
    ].join('\n'),
  });
}

function header({ workload, durationMs, settings, oracleWorkerHours }: BacktestResult): string {
  const facts = [
    `${duration(durationMs)} of load`,
    `its peak needs ${settings.peakWorkers} workers`,
    `a start takes ${duration(settings.bootMs)}`,
    `a job ${duration(settings.serviceMs)}`,
    `late after ${duration(settings.sloMs)}`,
    `evaluated every ${duration(settings.intervalMs)}`,
    `between ${settings.minWorkers} and ${settings.maxWorkers} workers`,
    ...(settings.scoreAfterMs > 0 ? [`scored after ${duration(settings.scoreAfterMs)}`] : []),
  ];
  return `<h1>${escapeHtml(workload)}</h1>
<p class="faint">${escapeHtml(facts.join(' · '))}</p>
<p>Perfect knowledge, which still has to wait for its start-ups, would cost ${figure(oracleWorkerHours)} worker-hours.
Score = cost over that + 10 × late share; lower is better.</p>`;
}

function table(runs: readonly BacktestRun[]): string {
  const heads = [
    'policy',
    'score',
    'cost',
    'late',
    'wait p99',
    'utilisation',
    'workers',
    'changes',
    'reversals',
  ];
  const rows = runs.map((run) => {
    const { changes, workers } = run;
    const cells = [
      run.label,
      run.score.toFixed(3),
      run.costRatio.toFixed(3),
      `${(run.lateRatio * 100).toFixed(3)}%`,
      duration(run.waitMs.p99),
      `${(run.utilization * 100).toFixed(0)}%`,
      `${workers.min}–${workers.max}, mean ${figure(workers.mean)}`,
      String(changes.up + changes.down),
      `${changes.reversals}, worst hour ${changes.reversalsInWorstHour}`,
    ];
    const kind = run.kind === 'flyball' ? 'own' : run.kind;
    const columns = cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
    return `<tr class="${kind}" title="${escapeHtml(run.title)}">${columns}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function groupsOf(runs: readonly BacktestRun[]): ScatterGroup[] {
  const groups = new Map<string, BacktestRun[]>();
  for (const run of runs) groups.set(run.policy, [...(groups.get(run.policy) ?? []), run]);
  return [...groups].map(([name, group]) => ({
    name,
    isOwn: group[0]?.kind === 'flyball',
    isPale: group[0]?.kind === 'foreknowing',
    points: [...group]
      .sort((a, b) => (a.headroom ?? 0) - (b.headroom ?? 0))
      .map((run) => ({
        x: run.costRatio,
        y: run.lateRatio,
        isMain: run.isDefault,
        title: `${run.label}: cost ${run.costRatio.toFixed(3)}, late ${(run.lateRatio * 100).toFixed(3)}%`,
      })),
  }));
}

function chooser(runs: readonly BacktestRun[]): string {
  const options = runs.map((run, i) => `<option value="run-${i}">${escapeHtml(run.label)}</option>`);
  return `<p><label>Policy <select id="run">${options.join('')}</select></label>
<span class="faint">Drag over a chart to look closer, double-click to come back.</span></p>`;
}

const chooserScript = `
document.getElementById('run').addEventListener('change', (event) => {
  for (const section of document.querySelectorAll('section[data-run]')) {
    section.hidden = section.dataset.run !== event.target.value;
  }
  flyballCharts.drawAll(document);
});
`;

function runSection(result: BacktestResult, run: BacktestRun, index: number): string {
  const { series, decisions } = run;
  const origin = result.isDated ? result.startAt / 1000 : 0;
  const times = Array.from(series.load, (_, i) => origin + (i * series.stepMs) / 1000);
  const charts = [
    timeChart({
      title: `${run.title}: busy workers asked for, and workers`,
      times,
      dated: result.isDated,
      lines: [
        { label: 'load', values: series.load, kind: 'area' },
        { label: 'ready', values: series.ready, kind: 'step' },
        { label: 'ready and starting', values: series.size, kind: 'step' },
      ],
      height: 320,
    }),
    timeChart({
      title: 'Longest wait, seconds',
      times,
      dated: result.isDated,
      lines: [
        { label: 'wait', values: series.waitMs.map((ms) => ms / 1000), color: '#d55e00', kind: 'area' },
      ],
      height: 150,
    }),
  ];
  return `<section data-run="run-${index}"${index === 0 ? '' : ' hidden'}>
${charts.join('\n')}
${decisionTable(result, run, decisions.slice(0, MOST_DECISIONS))}
</section>`;
}

function decisionTable(
  result: BacktestResult,
  run: BacktestRun,
  decisions: BacktestRun['decisions'],
): string {
  const total = run.changes.up + run.changes.down;
  if (decisions.length === 0) return `<p class="faint">${total} changes of size; none were kept.</p>`;
  const rows = decisions.map(
    ({ at, from, to, reason }) =>
      `<tr><td>${when(result, at)}</td><td>${from} → ${to}</td><td class="text">${escapeHtml(reason)}</td></tr>`,
  );
  const shown = decisions.length < total ? `The first ${decisions.length} of ${total}` : `All ${total}`;
  return `<details><summary>${shown} changes of size, with their reasons</summary>
<div class="scroll"><table><thead><tr><th>time</th><th>workers</th><th class="text">reason</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></details>`;
}

function when({ isDated, startAt }: BacktestResult, at: number): string {
  if (isDated) return new Date(startAt + at).toISOString().slice(0, 19).replace('T', ' ');
  const clock = new Date(at).toISOString().slice(11, 19);
  return `day ${Math.floor(at / 86_400_000) + 1}, ${clock}`;
}
