import type { Status } from '../../protocol/model.js';
import type { Verdicts } from '../../protocol/verdict.js';
import type { Clock, Timer } from '../../runtime/clock.js';
import { every } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { Alert } from './alert.js';
import { alertKey, ended } from './alert.js';
import type { AlertUnit, Condition } from './condition.js';
import { conditionsOf } from './condition.js';
import type { Damping } from './damper.js';
import type { AlertSetting } from './describe-alert.js';
import { describeAlert, labelsOf } from './describe-alert.js';
import type { AlertReceiver, ReceiverCounts } from './receiver.js';
import { MAX_KEPT_ALERTS } from './receiver.js';
import { isSeverity, severityOf } from './severity.js';
import { TrackedCondition } from './tracked-condition.js';

/** Keeps over restarts which alerts were told and are not over. No call waits for the disk. */
export interface AlertMemory {
  remember(alert: Alert): void;
  forget(key: string): void;
}

export interface AlertsOptions {
  readonly verdicts: Verdicts;
  readonly setting: AlertSetting;
  readonly unit: AlertUnit;
  readonly minStatus: Status;
  readonly damping: Damping;
  /** How often receivers are told again of what stands, milliseconds. */
  readonly resendMs: number;
  readonly receivers: readonly AlertReceiver[];
  readonly memory: AlertMemory;
  /** What the memory held at the start. */
  readonly remembered: readonly Alert[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What became of verdicts as alerts; `receivers` by name. */
export interface AlertCounts {
  /** Alerts that stand. */
  readonly standing: number;
  /** What is wrong and not yet told, as it does not stand long enough. */
  readonly pending: number;
  /** Sick subjects that were not looked after, as there were too many at once. */
  readonly overlooked: number;
  readonly receivers: Readonly<Record<string, ReceiverCounts>>;
}

const TICK_MS = 1000;

/** Changes gather so long before they are looked at, milliseconds. */
const GATHER_MS = 50;

/** Subjects that are looked at in one turn of the event loop. */
const SUBJECTS_PER_TURN = 100;

/**
 * Turns verdicts into alerts. What is told follows from the verdicts as they are, not from the changes: those
 * only say where to look, and everything that is sick is looked at again every `resendMs`.
 */
export class Alerts {
  readonly #options: AlertsOptions;
  /** By subject, then by metric. */
  readonly #tracked = new Map<string, Map<string, TrackedCondition>>();
  readonly #dirty = new Set<string>();
  /** Keys of alerts that are over while receivers are still to hear of it. */
  readonly #ending = new Set<string>();
  #size = 0;
  #overlooked = 0;
  #lookTimer: Timer | null = null;
  #reviewedMs = 0;
  #cleanups: (() => void)[] = [];

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  /** Call when the verdicts of the time before a restart are there again. */
  start(): void {
    const { verdicts, clock } = this.#options;
    this.#restore();
    const watch = verdicts.watch(({ subject }) => this.#mark(subject));
    const tick = every(clock, TICK_MS, () => this.#tick());
    this.#cleanups = [() => watch?.close(), () => tick.cancel(), () => this.#lookTimer?.cancel()];
    this.#review();
  }

  close(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    for (const receiver of this.#options.receivers) receiver.close();
  }

  counts(): AlertCounts {
    let standing = 0;
    let pending = 0;
    for (const conditions of this.#tracked.values()) {
      for (const { alert, current } of conditions.values()) {
        if (alert !== null) standing += 1;
        else if (current !== null) pending += 1;
      }
    }
    const receivers = Object.fromEntries(this.#options.receivers.map((each) => [each.name, each.counts()]));
    return { standing, pending, overlooked: this.#overlooked, receivers };
  }

  #restore(): void {
    const { remembered, setting, clock } = this.#options;
    for (const alert of remembered) {
      const { subject = '', metric = '', severity } = alert.labels;
      const condition = this.#conditionOf(subject, metric);
      if (!isSeverity(severity) || condition === null) {
        this.#endOfBefore(alert, clock.now());
        continue;
      }
      condition.restore(severity, alert.startsAtMs, clock.now());
      // With other labels in the configuration it has become another alert; of two severities the later counts.
      const isSame = alertKey(labelsOf(subject, metric, severity, setting)) === alert.key;
      const other = isSame ? condition.alert : alert;
      if (other !== null) this.#endOfBefore(other, clock.now());
      if (isSame) condition.alert = alert;
    }
  }

  #tick(): void {
    const { clock, resendMs, receivers, memory } = this.#options;
    if (clock.now() - this.#reviewedMs >= resendMs) this.#review();
    for (const conditions of this.#tracked.values()) {
      for (const condition of conditions.values()) this.#settle(condition, false);
    }
    for (const receiver of receivers) receiver.look();
    for (const key of this.#ending) {
      if (receivers.some((receiver) => receiver.owes(key))) continue;
      this.#ending.delete(key);
      memory.forget(key);
    }
  }

  /** Everything that is sick, or was, is looked at again and told again. */
  #review(): void {
    const { verdicts, clock, minStatus } = this.#options;
    this.#reviewedMs = clock.now();
    for (const { subject, status } of verdicts.list()) if (status >= minStatus) this.#mark(subject);
    for (const subject of this.#tracked.keys()) this.#mark(subject);
  }

  #mark(subject: string): void {
    this.#dirty.add(subject);
    this.#lookTimer ??= this.#options.clock.after(GATHER_MS, () => this.#lookAtSome(), { unref: true });
  }

  #lookAtSome(): void {
    this.#lookTimer = null;
    let left = SUBJECTS_PER_TURN;
    for (const subject of this.#dirty) {
      if (left === 0) break;
      left -= 1;
      this.#dirty.delete(subject);
      this.#lookAt(subject);
    }
    if (this.#dirty.size > 0) {
      this.#lookTimer = this.#options.clock.after(1, () => this.#lookAtSome(), { unref: true });
    }
  }

  #lookAt(subject: string): void {
    const { verdicts, unit, minStatus } = this.#options;
    const conditions = new Map<string, Condition>();
    for (const condition of conditionsOf(verdicts.explain(subject), unit, minStatus)) {
      conditions.set(condition.metric, condition);
    }
    for (const metric of conditions.keys()) {
      if (this.#conditionOf(subject, metric) === null) this.#overlooked += 1;
    }
    for (const condition of this.#tracked.get(subject)?.values() ?? []) {
      condition.current = conditions.get(condition.metric) ?? null;
      this.#settle(condition, true);
    }
  }

  /** The one that is tracked, or a new one; null when there are too many. */
  #conditionOf(subject: string, metric: string): TrackedCondition | null {
    const known = this.#tracked.get(subject)?.get(metric);
    if (known !== undefined) return known;
    if (this.#size >= MAX_KEPT_ALERTS) return null;
    const made = new TrackedCondition(subject, metric, this.#options.damping);
    const conditions = this.#tracked.get(subject) ?? new Map<string, TrackedCondition>();
    this.#tracked.set(subject, conditions.set(metric, made));
    this.#size += 1;
    return made;
  }

  /** Tells what is to be told of it now. `isFresh`: it was just looked at, and receivers are to know the newest. */
  #settle(condition: TrackedCondition, isFresh: boolean): void {
    const { clock, setting, memory, logger } = this.#options;
    const nowMs = clock.now();
    const { subject, metric, alert: before, alertSeverity } = condition;
    condition.see(nowMs);
    const { severity, current } = condition;
    if (before !== null && alertSeverity !== null && alertSeverity !== severity) {
      condition.alert = null;
      const endsAtMs = condition.times(alertSeverity).awaySinceMs ?? nowMs;
      if (condition.isConfirmed) this.#end(before, endsAtMs);
      else this.#endOfBefore(before, endsAtMs);
      if (severity === null) logger.info('an alert is over', { subject, metric, severity: alertSeverity });
    }
    const isNew = condition.alert === null;
    if (severity !== null && (isNew || isFresh)) {
      // While it only seems better, what was told of it stays.
      const told = current !== null && severityOf(current.status) === severity ? current : null;
      if (told !== null) {
        const { startsAtMs } = condition.times(severity);
        condition.alert = describeAlert(subject, told, severity, startsAtMs, setting);
        condition.isConfirmed = true;
      }
      if (condition.alert !== null && condition.isConfirmed) {
        if (isNew) {
          memory.remember(condition.alert);
          logger.info('an alert stands', { subject, metric, severity });
        }
        this.#ending.delete(condition.alert.key);
        this.#tell(condition.alert);
      }
    }
    if (condition.isIdle) this.#forget(condition);
  }

  #end(alert: Alert, endsAtMs: number): void {
    this.#ending.add(alert.key);
    this.#tell(ended(alert, endsAtMs));
  }

  /** Of one that was told before a restart, and not since. */
  #endOfBefore(alert: Alert, endsAtMs: number): void {
    for (const receiver of this.#options.receivers) receiver.restore(alert);
    this.#end(alert, endsAtMs);
  }

  #tell(alert: Alert): void {
    for (const receiver of this.#options.receivers) receiver.tell(alert);
  }

  #forget({ subject, metric }: TrackedCondition): void {
    const conditions = this.#tracked.get(subject);
    if (conditions?.delete(metric) !== true) return;
    this.#size -= 1;
    if (conditions.size === 0) this.#tracked.delete(subject);
  }
}
