/** What an event stream sent, as a browser would understand it. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads events one by one from the body of a response. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** `undefined` = the stream has ended. */
  async next(): Promise<ServerEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (event !== undefined && data !== undefined) return { event, data };
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  async json<T>(): Promise<{ event: string; message: T } | undefined> {
    const next = await this.next();
    return next && { event: next.event, message: JSON.parse(next.data) as T };
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}
