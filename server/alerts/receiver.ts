import type { Alert } from './alert.js';

/** Somebody who is to know of alerts. No call waits for the network. */
export interface AlertReceiver {
  /** As logs and figures name it: without what is secret in its address. */
  readonly name: string;
  /** The newest state of an alert; what was not delivered of it before is forgotten. */
  tell(alert: Alert): void;
  /** This alert was told before a restart; whether it stands is told next. */
  restore(alert: Alert): void;
  /** Whether something of this alert is still to be delivered, or to be taken back. */
  owes(key: string): boolean;
  /** Call about once a second: what is due is sent. */
  look(): void;
  counts(): ReceiverCounts;
  /** Sends no more; what is under way is broken off. */
  close(): void;
}

/** What a receiver did since the start. */
export interface ReceiverCounts {
  readonly kind: 'alertmanager' | 'webhook';
  /** Alerts in requests that were taken; one that is sent again counts again. */
  readonly sent: number;
  /** Requests that were not taken; those that are worth it are tried again. */
  readonly failed: number;
  /** Alerts whose news were given up: refused by an Alertmanager, too old, or more than fit. */
  readonly dropped: number;
  /** Alerts that wait to be sent. */
  readonly waiting: number;
}

/** Alerts that a receiver keeps at most. */
export const MAX_KEPT_ALERTS = 10_000;
