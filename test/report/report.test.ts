import { describe, expect, it } from 'vitest';
import { embedJson, escapeHtml, page } from '../../src/report/html.ts';
import { scatterChart } from '../../src/report/scatter-chart.ts';
import { timeChart } from '../../src/report/time-chart.ts';

describe('html', () => {
  it('lets no text become markup', () => {
    expect(escapeHtml(`<b a="1">&'`)).toBe('&#60;b a=&#34;1&#34;&#62;&#38;&#39;');
    expect(embedJson({ text: '</script><b>' })).toBe('{"text":"\\u003c/script>\\u003cb>"}');
    expect(page({ title: 'a<b', body: '', scripts: ['const s = "</script>";'] })).not.toMatch(/<\/script>";/);
  });

  it('shortens numbers and writes typed arrays as lists', () => {
    expect(embedJson({ values: Float64Array.of(1, 2 / 3) })).toBe('{"values":[1,0.6667]}');
  });
});

describe('time chart', () => {
  it('carries its data', () => {
    const chart = { title: 'Load', times: [0, 60], lines: [{ label: 'load', values: [1, 2] }] };
    const json = /<script type="application\/json">(.*)<\/script>/.exec(timeChart(chart))?.[1];
    expect(JSON.parse(json ?? '')).toEqual(chart);
  });
});

describe('scatter chart', () => {
  const svg = scatterChart({
    title: 'All',
    xLabel: 'cost',
    yLabel: 'late',
    groups: [
      { name: 'own', isOwn: true, points: [{ x: 1, y: 0, title: 'own: <1>', isMain: true }] },
      {
        name: 'other',
        points: [
          { x: 1.5, y: 0.01, title: 'a' },
          { x: 2, y: 0.001, title: 'b', isMain: true },
        ],
      },
    ],
  });

  it('joins the points of a group and names it', () => {
    expect(svg.match(/<circle/g)).toHaveLength(3);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain('<title>own: &#60;1&#62;</title>');
    // One's own is drawn last, on top of the others.
    expect(svg.indexOf('>own</text>')).toBeGreaterThan(svg.indexOf('>other</text>'));
  });

  it('puts cheap to the left and late to the top', () => {
    const at = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
    const [a, b, own] = at as [number[], number[], number[]];
    expect(own[0]).toBeLessThan(a[0] as number);
    expect(a[0]).toBeLessThan(b[0] as number);
    expect(a[1]).toBeLessThan(b[1] as number);
    expect(b[1]).toBeLessThan(own[1] as number);
  });
});
