/** What a fake of the API server says. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export const refusal = (code: number, reason: string, message: string): Answer => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message },
});
