/** What became of one request. */
export type SendResult =
  | { readonly kind: 'taken' }
  /** The same again would be refused again. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Worth another attempt, not before `retryAfterMs` where the receiver said so. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number };

/** Carries one request body to a receiver. */
export interface Sender {
  /** The address without what is secret in it. */
  readonly name: string;
  /** Never rejects; ends within a deadline. */
  send(body: string): Promise<SendResult>;
  close(): void;
}
