/** An alert as receivers are told of it. Times: milliseconds since 1970 UTC. */
export interface Alert {
  /** The same labels give the same key, on every aggregator. */
  readonly key: string;
  /** What it is: two alerts with the same labels are one. */
  readonly labels: Readonly<Record<string, string>>;
  /** What there is to say of it; may change while it stands. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  /** Null: it stands. */
  readonly endsAtMs: number | null;
  /** Where a person sees more; empty: nowhere. */
  readonly url: string;
}

/** An alert that was kept as JSON; null when the text is none. */
export function readAlert(text: string): Alert | null {
  try {
    const alert = JSON.parse(text) as Alert;
    return { ...alert, key: alertKey(alert.labels), endsAtMs: null };
  } catch {
    return null;
  }
}

/** The key of a set of labels, whatever order they come in. */
export function alertKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Only those that have a value: an empty label and an absent one are the same to Alertmanager. */
export function withoutEmpty(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}

/** The alert, over since then; never before it began. */
export function ended(alert: Alert, endsAtMs: number): Alert {
  return { ...alert, endsAtMs: Math.max(endsAtMs, alert.startsAtMs) };
}
