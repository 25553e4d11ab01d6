type Child = Node | string | number | false | undefined;

interface Properties {
  readonly class?: string;
  readonly text?: string | number;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** Everything else becomes an attribute; `true` an empty one; `false` and `undefined` none. */
  readonly [attribute: string]: unknown;
}

/** An element. All text becomes text nodes: nothing that is shown is ever read as markup. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name === 'class') element.className = value as string;
    else if (name === 'text') element.textContent = String(value);
    else if (name === 'on') {
      for (const [type, listener] of Object.entries(value as Record<string, (event: Event) => void>)) {
        element.addEventListener(type, listener);
      }
    } else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false).map(nodeOf));
  return element;
}

function nodeOf(child: Child): Node | string {
  return child instanceof Node ? child : String(child);
}

/** Changes the text only where it differs, so that a selection survives and screen readers are not woken. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Draws again only when what is shown has changed: focus, selection and open parts are left alone. */
export function whenChanged<T>(draw: (value: T) => void): (value: T) => void {
  let last: string | undefined;
  return (value) => {
    const key = JSON.stringify(value);
    if (key === last) return;
    last = key;
    draw(value);
  };
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS(SVG, tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
