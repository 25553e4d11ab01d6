/** Something that the machine does not have; the message says what, and what to do about it. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
}
