import type { Alert } from './alert.js';
import { readAlert } from './alert.js';
import type { AlertsConfig } from './alerts-config.js';
import { hasReceivers } from './alerts-config.js';
import type { AlertCounts, Alerts } from './alerts.js';
import type { BuildAlertsOptions } from './build-alerts.js';
import { buildAlerts } from './build-alerts.js';

export interface AlertingOptions extends Omit<BuildAlertsOptions, 'memory' | 'remembered'> {
  /** Keeps an alert over a restart; null: it is over. */
  readonly save: (key: string, alert: string | null) => void;
}

/**
 * Alerts as the configuration has them at the time, none where nobody is to be told. Remembers which were told and are
 * not over: after a restart or another configuration their receivers still hear of the end.
 */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #told = new Map<string, Alert>();
  #config: AlertsConfig;
  #alerts: Alerts | null = null;

  constructor(options: AlertingOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  /** What was given to `save` before a restart. */
  restore(text: string): void {
    const alert = readAlert(text);
    if (alert !== null) this.#told.set(alert.key, alert);
  }

  /** After everything was restored. Throws CREDENTIALS_INVALID. */
  prepare(): void {
    this.#alerts = this.#build(this.#config);
  }

  start(): void {
    this.#alerts?.start();
  }

  /** Goes on with another configuration. Throws CREDENTIALS_INVALID; then the old one stays. */
  reconfigure(config: AlertsConfig): void {
    if (JSON.stringify(config) === JSON.stringify(this.#config)) return;
    const next = this.#build(config);
    this.#alerts?.close();
    this.#config = config;
    this.#alerts = next;
    next?.start();
  }

  close(): void {
    this.#alerts?.close();
  }

  /** Null where nobody is told. */
  counts(): AlertCounts | null {
    return this.#alerts?.counts() ?? null;
  }

  #build(config: AlertsConfig): Alerts | null {
    if (!hasReceivers(config)) return null;
    const { save } = this.#options;
    return buildAlerts({
      ...this.#options,
      config,
      memory: {
        remember: (alert) => {
          this.#told.set(alert.key, alert);
          save(alert.key, JSON.stringify(alert));
        },
        forget: (key) => {
          this.#told.delete(key);
          save(key, null);
        },
      },
      remembered: [...this.#told.values()],
    });
  }
}
