import type { Adjustment, Decision, ProposalKind, Trigger, Voice } from '../../core/decision.ts';
import { decisionKey } from '../merge.ts';
import { clockTime, figure, fullTime, percent } from '../words.ts';
import { h, setText } from './dom.ts';

const KINDS: Readonly<Record<ProposalKind, string>> = {
  target: 'needs',
  floor: 'at least',
  ceiling: 'at most',
};

const TRIGGERS: Readonly<Record<Trigger, string>> = {
  interval: 'evaluated on its interval',
  signal: 'evaluated because of a signal',
  wake: 'evaluated because the pool woke it',
  manual: 'by hand',
};

/** Decisions that are shown at first, and by how many the list grows. */
const FEW = 10;
const MORE = 50;

export interface DecisionListOptions {
  /** Told when nothing is there. */
  readonly empty: string;
  /** Somebody looks at this decision; `undefined` = at none. */
  point(at: number | undefined): void;
}

/** Decisions, newest first. Each opens to a waterfall: who asked for what, and what was left of it. */
export class DecisionList {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #more: HTMLButtonElement;
  readonly #options: DecisionListOptions;
  readonly #items = new Map<string, HTMLElement>();
  #decisions: readonly Decision[] = [];
  #shown: number = FEW;

  constructor(options: DecisionListOptions) {
    this.#options = options;
    this.#list = h('ol', { class: 'decisions' });
    this.#empty = h('p', { class: 'empty', text: options.empty });
    this.#more = h('button', { type: 'button', class: 'more' });
    this.#more.addEventListener('click', () => {
      const firstNew = this.#list.childElementCount;
      this.#shown += MORE;
      this.update(this.#decisions);
      // The button may be gone: reading goes on where the list has grown.
      this.#list.children[firstNew]?.querySelector('summary')?.focus();
    });
    this.element = h('div', {}, this.#empty, this.#list, this.#more);
  }

  /** Items that are there stay as they are, so that an open one stays open and focus is not lost. */
  update(all: readonly Decision[]): void {
    this.#decisions = all;
    const decisions = all.slice(0, this.#shown);
    this.#more.hidden = all.length <= this.#shown;
    setText(this.#more, `Show older ones, ${all.length - this.#shown} more`);
    const keys = new Set(decisions.map(decisionKey));
    for (const [key, item] of this.#items) {
      if (keys.has(key)) continue;
      item.remove();
      this.#items.delete(key);
    }
    let before: Element | null = this.#list.firstElementChild;
    for (const decision of decisions) {
      const key = decisionKey(decision);
      let item = this.#items.get(key);
      if (item === undefined) {
        item = h('li', {}, decisionItem(decision, this.#options));
        this.#items.set(key, item);
      }
      if (item === before) before = before.nextElementSibling;
      else this.#list.insertBefore(item, before);
    }
    this.#empty.hidden = decisions.length > 0;
  }

  clear(): void {
    this.#shown = FEW;
    this.#items.clear();
    this.#list.replaceChildren();
  }
}

function decisionItem(decision: Decision, { point }: DecisionListOptions): HTMLElement {
  const { at, kind, from, to, reason, emergency } = decision;
  const summary = h(
    'summary',
    {},
    h('time', { datetime: new Date(at).toISOString(), title: fullTime(at), text: clockTime(at, Date.now()) }),
    h('span', { class: `move move-${kind}` }, ...moveText(from, to)),
    h(
      'span',
      { class: 'why' },
      emergency && h('span', { class: 'badge badge-bad', text: 'emergency' }),
      reason,
    ),
  );
  const details = h('details', { class: 'decision' }, summary);
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(waterfall(decision));
    point(details.open ? at : undefined);
  });
  summary.addEventListener('pointerenter', () => point(at));
  summary.addEventListener('pointerleave', () => point(undefined));
  return details;
}

function moveText(from: number, to: number): (Node | string)[] {
  if (from === to) return [h('span', { class: 'hidden', text: 'stays at ' }), String(to)];
  return [
    String(from),
    h('span', { class: 'arrow', 'aria-hidden': 'true', text: '→' }),
    h('span', { class: 'hidden', text: ' to ' }),
    String(to),
    h('span', { class: 'hidden', text: ' workers: ' }),
  ];
}

/** A decision from top to bottom: the voices, the adjustments, the size. */
function waterfall(decision: Decision): HTMLElement {
  const { voices, adjustments, refused = [], from, to, wanted, trigger } = decision;
  const most = Math.max(
    1,
    from,
    to,
    wanted,
    ...voices.map(({ size }) => size),
    ...adjustments.map((a) => a.from),
  );
  const scale = (size: number): string => `${(100 * size) / most}%`;
  return h(
    'div',
    { class: 'waterfall' },
    voices.length > 0 && h('h4', { text: 'Who asked for what' }),
    voices.length > 0 && h('ol', { class: 'steps' }, ...voices.map((voice) => voiceStep(voice, scale))),
    h('h4', { text: 'From what was wanted to what is done' }),
    h(
      'ol',
      { class: 'steps' },
      step({ name: 'wanted', size: figure(wanted), bar: bar('0%', scale(wanted), 'bar-wanted') }),
      ...adjustments.map((adjustment) => adjustmentStep(adjustment, scale)),
      step({
        name: to === from ? 'stays' : 'done',
        size: figure(to),
        bar: bar('0%', scale(to), `bar-${decision.kind}`, scale(from)),
        note: to === from ? `${from} before, ${to} after` : `from ${from} to ${to}`,
        isStrong: true,
      }),
    ),
    ...refused.map(({ by, reason }) =>
      h('p', { class: 'note', text: `${by} could not be heard: ${reason}` }),
    ),
    h('p', { class: 'note', text: `${fullTime(decision.at)} · ${TRIGGERS[trigger]}` }),
  );
}

interface Step {
  readonly name: string;
  readonly detail?: string;
  readonly size: string;
  readonly bar: HTMLElement;
  readonly note?: string;
  readonly isStrong?: boolean;
  readonly isPale?: boolean;
  readonly badge?: string;
}

function step({ name, detail, size, bar: drawn, note, isStrong, isPale, badge }: Step): HTMLElement {
  return h(
    'li',
    { class: `step${isStrong ? ' step-strong' : ''}${isPale ? ' step-pale' : ''}` },
    h(
      'span',
      { class: 'step-name' },
      name,
      detail !== undefined && h('span', { class: 'step-detail', text: ` ${detail}` }),
    ),
    drawn,
    h('span', { class: 'step-size', text: size }),
    (note !== undefined || badge !== undefined) &&
      h(
        'span',
        { class: 'step-note' },
        badge !== undefined && h('span', { class: 'badge', text: badge }),
        note,
      ),
  );
}

function voiceStep(
  { by, kind, size, reason, won, emergency, confidence }: Voice,
  scale: (n: number) => string,
): HTMLElement {
  const badges = [won ? 'decided' : undefined, emergency ? 'emergency' : undefined]
    .filter(Boolean)
    .join(', ');
  return step({
    name: by,
    detail: KINDS[kind],
    size: figure(size),
    bar: bar('0%', scale(size), `bar-${kind}`),
    note:
      confidence === undefined || reason.includes('confidence')
        ? reason
        : `${reason} (confidence ${percent(confidence)})`,
    isPale: !won,
    ...(badges !== '' && { badge: badges }),
  });
}

function adjustmentStep(
  { by, code, from, to, reason }: Adjustment,
  scale: (n: number) => string,
): HTMLElement {
  const [low, high] = from < to ? [from, to] : [to, from];
  return step({
    name: by,
    ...(code !== by && { detail: code.replaceAll('-', ' ') }),
    size: `${to > from ? '+' : '−'}${figure(high - low)}`,
    bar: bar(scale(low), scale(high), to > from ? 'bar-more' : 'bar-less'),
    note: reason,
  });
}

/** From and to are shares of the track; `tick` marks the size before. */
function bar(from: string, to: string, kind: string, tick?: string): HTMLElement {
  const filled = h('span', { class: `bar ${kind}` });
  filled.style.left = from;
  filled.style.right = `calc(100% - ${to})`;
  const track = h('span', { class: 'track', 'aria-hidden': 'true' }, filled);
  if (tick !== undefined) {
    const mark = h('span', { class: 'track-tick' });
    mark.style.left = tick;
    track.append(mark);
  }
  return track;
}
