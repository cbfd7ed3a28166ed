/** That we (no longer) want reports about a subject. */
export interface Subscription {
  readonly kind: 'subscription' | 'unsubscription';
  readonly subject: string;
}

interface Announcement {
  /** Subscriptions that it is made of. */
  readonly count: number;
  readonly subscribed: readonly string[];
  readonly unsubscribed: readonly string[];
}

/** More than this wait only the latest of each subject. */
const MAX_WAITING = 10_000;

/** What a peer has to be told of our interests, in order. They are few and never given up. */
export class SubscriptionQueue {
  #waiting: Subscription[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  add(subscription: Subscription): void {
    this.#waiting.push(subscription);
    if (this.#waiting.length <= MAX_WAITING) return;
    const latest = new Map(this.#waiting.map((waiting) => [waiting.subject, waiting]));
    this.#waiting = [...latest.values()];
  }

  /** What the first `count` of them come to; they stay until they are taken off. */
  first(count: number): Announcement {
    const latest = new Map(this.#waiting.slice(0, count).map(({ subject, kind }) => [subject, kind]));
    const of = (wanted: Subscription['kind']): string[] =>
      [...latest].flatMap(([subject, kind]) => (kind === wanted ? [subject] : []));
    return {
      count: Math.min(count, this.#waiting.length),
      subscribed: of('subscription'),
      unsubscribed: of('unsubscription'),
    };
  }

  takeOff(count: number): readonly Subscription[] {
    return this.#waiting.splice(0, count);
  }
}
