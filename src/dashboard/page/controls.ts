import type { DashboardPool } from '../../telemetry/dashboard-data.ts';
import { base } from './connection.ts';
import { h, setText } from './dom.ts';

interface Session {
  readonly actions: readonly string[];
  readonly token?: string;
}

/** What may be done here, for those who may. Nothing is drawn where nothing is allowed. */
export class Controls {
  readonly element: HTMLElement = h('div', { class: 'controls-slot' });
  readonly #outcome: HTMLElement = h('p', { class: 'outcome', role: 'status' });
  readonly #pause: HTMLButtonElement = h('button', { type: 'button' });
  readonly #size: HTMLInputElement = h('input', { type: 'number', required: true, step: '1' });
  readonly #sizeReason: HTMLInputElement = h('input', {
    type: 'text',
    maxlength: '200',
    autocomplete: 'off',
  });
  readonly #load: HTMLInputElement = h('input', { type: 'number', required: true, min: '0', step: 'any' });
  readonly #minutes: HTMLInputElement = h('input', { type: 'number', required: true, min: '1', value: '10' });
  #session: Session = { actions: [] };
  #pool: DashboardPool | undefined;

  constructor() {
    this.#pause.addEventListener('click', () => {
      void this.#act(this.#pool?.status.paused ? 'resume' : 'pause', {});
    });
  }

  /** Asks what this visitor may do. */
  async open(): Promise<void> {
    try {
      this.#session = await this.#ask();
    } catch {
      // The page goes on showing; actions are offered when it is loaded again.
    }
    this.#build();
  }

  update(pool: DashboardPool): void {
    if (pool.id !== this.#pool?.id) {
      this.#size.value = String(pool.status.target);
      setText(this.#outcome, '');
    }
    this.#pool = pool;
    this.#size.min = String(pool.status.minWorkers);
    this.#size.max = String(pool.status.maxWorkers);
    setText(this.#pause, pool.status.paused ? 'Resume' : 'Pause');
  }

  async #ask(): Promise<Session> {
    const response = await fetch(`${base}session`, { headers: { accept: 'application/json' } });
    return response.ok ? ((await response.json()) as Session) : { actions: [] };
  }

  #build(): void {
    const { actions } = this.#session;
    if (actions.length === 0) return;
    const may = (action: string): boolean => actions.includes(action);
    const form = (name: string, act: () => void, ...children: Node[]): HTMLElement => {
      const element = h('form', { class: 'control', 'aria-label': name }, ...children);
      element.addEventListener('submit', (event) => {
        event.preventDefault();
        act();
      });
      return element;
    };
    this.element.replaceChildren(
      h(
        'section',
        { class: 'card', 'aria-labelledby': 'controls-name' },
        h(
          'div',
          { class: 'card-head' },
          h('h3', { id: 'controls-name', text: 'By hand' }),
          (may('pause') || may('resume')) && this.#pause,
        ),
        may('apply') &&
          form(
            'Set the size',
            () => this.#apply(),
            field('Workers', this.#size),
            field('Reason', this.#sizeReason, 'wide'),
            h('button', { type: 'submit', text: 'Set the size' }),
          ),
        may('signal') &&
          form(
            'Announce load',
            () => this.#announce(),
            field('Demand to expect', this.#load),
            field('Minutes', this.#minutes),
            h('button', { type: 'submit', text: 'Announce load' }),
          ),
        this.#outcome,
      ),
    );
  }

  #apply(): void {
    const reason = this.#sizeReason.value.trim();
    void this.#act('apply', { to: this.#size.valueAsNumber, ...(reason !== '' && { reason }) });
  }

  #announce(): void {
    const signal = {
      type: 'external',
      pool: this.#pool?.id,
      name: 'dashboard',
      expectedDemand: this.#load.valueAsNumber,
      durationMs: this.#minutes.valueAsNumber * 60_000,
    };
    void this.#act('signal', { signal });
  }

  async #act(action: string, body: object): Promise<void> {
    const pool = this.#pool?.id;
    setText(this.#outcome, '');
    try {
      let response = await this.#post(action, { pool, ...body });
      if (response.status === 403) {
        // The service was started anew and has another token.
        this.#session = await this.#ask();
        response = await this.#post(action, { pool, ...body });
      }
      const { error } = (await response.json()) as { error?: string };
      setText(
        this.#outcome,
        response.ok ? (DONE[action] ?? 'done') : `Refused: ${error ?? response.statusText}.`,
      );
    } catch {
      setText(this.#outcome, 'The service could not be reached.');
    }
  }

  #post(action: string, body: object): Promise<Response> {
    return fetch(`${base}actions/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-flyball-token': this.#session.token ?? '' },
      body: JSON.stringify(body),
    });
  }
}

const DONE: Readonly<Record<string, string>> = {
  pause: 'Paused: decisions are made and not carried out.',
  resume: 'Resumed.',
  apply: 'The size is being set.',
  signal: 'Announced.',
};

function field(label: string, input: HTMLInputElement, kind = ''): HTMLElement {
  return h('label', { class: `field ${kind}` }, h('span', { text: label }), input);
}
