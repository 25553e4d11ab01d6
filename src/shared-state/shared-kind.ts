import type { Instant } from '../core/instant.ts';
import type { Entry } from './ledger.ts';

/** What one instance wants all to know. */
export interface Change {
  /** Unique among its kind. */
  readonly name: string;
  /** Of the leader that it comes from. Default 0: any instance may. */
  readonly term?: number;
  /** Epoch ms after which it does not matter any more. Default: it always does. */
  readonly until?: number;
  /** Absent: it is taken back. */
  readonly value?: unknown;
}

/** One kind of things that instances share. It compares what is there with what was shared last, and needs no events. */
export interface SharedKind {
  /** What has changed here since it was asked last. Cheap: asked after each tick. */
  changes(at: Instant): readonly Change[];
  /**
   * Takes over what another instance has shared.
   *
   * @returns why sizes should be decided on at once; `undefined` = they need not
   * @throws Error with what is wrong, when it cannot be understood
   */
  take(name: string, entry: Entry, at: Instant): string | undefined;
}
