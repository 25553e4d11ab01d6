/** A worker that sends more than this without a line break is not speaking the protocol. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** Cuts a stream of text into lines, wherever its chunks begin and end. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #parts: string[] = [];
  #length = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: string): void {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      this.#parts.push(chunk.slice(from, end));
      from = end + 1;
      this.end();
    }
    if (from === chunk.length) return;
    this.#parts.push(chunk.slice(from));
    this.#length += chunk.length - from;
    if (this.#length > LONGEST_LINE) this.end();
  }

  /** What is left is a line too. */
  end(): void {
    const line = this.#parts.join('').trim();
    this.#parts = [];
    this.#length = 0;
    if (line !== '') this.#onLine(line);
  }
}
