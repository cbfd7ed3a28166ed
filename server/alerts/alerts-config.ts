import type { Status } from '../../protocol/model.js';
import { Status as Statuses, statusFromName } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';
import type { ConfigSection } from '../config-section.js';
import type { Grouping } from './alert-group.js';
import type { AlertUnit } from './condition.js';
import { ALERT_UNITS } from './condition.js';
import type { Damping } from './damper.js';
import { OWN_LABELS } from './describe-alert.js';

/** Where alerts go, and with what. Paths count from the working folder; empty: none. */
export interface ReceiverConfig {
  readonly url: URL;
  /** A file with headers to send along, one a line. */
  readonly headersFile: string;
  /** A file whose first line signs the body; webhooks only. */
  readonly secretFile: string;
  /** The authorities of the receiver's certificate. */
  readonly ca: string;
  /** The certificate to show, and its key. */
  readonly cert: string;
  readonly key: string;
}

export interface AlertsConfig {
  /** With the path of the API. */
  readonly alertmanagers: readonly ReceiverConfig[];
  readonly webhooks: readonly ReceiverConfig[];
  /** What is as bad or worse is told of. */
  readonly minStatus: Status;
  readonly unit: AlertUnit;
  readonly damping: Damping;
  /** How often Alertmanagers hear of what stands, milliseconds. */
  readonly resendMs: number;
  /** For webhooks. */
  readonly grouping: Grouping;
  /** Names of the labels that a webhook's group has in common. */
  readonly groupBy: readonly string[];
  /** On every alert. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the aggregator's page, as people reach it; empty: where the aggregator itself shows it. */
  readonly pageUrl: string;
  /** For one request, milliseconds. */
  readonly deadlineMs: number;
}

/** Nobody is told. */
export const NO_ALERTS: AlertsConfig = {
  alertmanagers: [],
  webhooks: [],
  minStatus: Statuses.UNHEALTHY,
  unit: 'subject',
  damping: { forMs: 10_000, keepForMs: 30_000 },
  resendMs: 60_000,
  grouping: { waitMs: 10_000, intervalMs: 60_000, repeatMs: 4 * 60 * 60 * 1000 },
  groupBy: ['system'],
  labels: {},
  pageUrl: '',
  deadlineMs: 10_000,
};

const API_PATH = '/api/v2/alerts';

const KEYS = [
  ...['Alertmanagers', 'Webhooks', 'MinStatus', 'Each', 'For', 'KeepFor', 'ResendInterval', 'GroupWait'],
  ...['GroupInterval', 'RepeatInterval', 'GroupBy', 'Labels', 'PageUrl', 'Timeout'],
];

const RECEIVER_KEYS = ['Url', 'HeadersFile', 'SecretFile', 'Ca', 'Cert', 'Key'];

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Reads the section `Alerts`; what is wrong is added to `problems` with the key's path. */
export function readAlerts(root: ConfigSection, problems: string[]): AlertsConfig {
  const section = root.section('Alerts');
  section.allowOnly(KEYS);
  const lasting = (key: string, absentMs: number): number => {
    const ms = section.milliseconds(key, absentMs);
    if (ms === 0) problems.push(`Alerts.${key}: 0 is too short`);
    return ms;
  };
  const { damping, grouping } = NO_ALERTS;
  return {
    alertmanagers: readReceivers(section, 'Alertmanagers', problems).map(withApiPath),
    webhooks: readReceivers(section, 'Webhooks', problems),
    minStatus: readStatus(section, problems),
    unit: readUnit(section, problems),
    damping: {
      forMs: section.milliseconds('For', damping.forMs),
      keepForMs: section.milliseconds('KeepFor', damping.keepForMs),
    },
    resendMs: lasting('ResendInterval', NO_ALERTS.resendMs),
    grouping: {
      waitMs: section.milliseconds('GroupWait', grouping.waitMs),
      intervalMs: lasting('GroupInterval', grouping.intervalMs),
      repeatMs: lasting('RepeatInterval', grouping.repeatMs),
    },
    groupBy: readLabelNames(section, problems),
    labels: readLabels(section, problems),
    pageUrl: readPageUrl(section, problems),
    deadlineMs: lasting('Timeout', NO_ALERTS.deadlineMs),
  };
}

/** Receivers as the flag of that name gives them: addresses with commas between. Throws USAGE. */
export function receiversOf(text: string, kind: 'alertmanager' | 'webhook'): readonly ReceiverConfig[] {
  return text.split(',').map((part) => {
    const url = readUrl(part.trim());
    if (typeof url === 'string') throw new HviewError('USAGE', `flag -${kind}: ${url}`);
    const receiver = { url, headersFile: '', secretFile: '', ca: '', cert: '', key: '' };
    return kind === 'alertmanager' ? withApiPath(receiver) : receiver;
  });
}

function readReceivers(section: ConfigSection, key: string, problems: string[]): ReceiverConfig[] {
  return section.entries(key, 'Url').flatMap((entry) => {
    entry.allowOnly(
      key === 'Webhooks' ? RECEIVER_KEYS : RECEIVER_KEYS.filter((name) => name !== 'SecretFile'),
    );
    const url = readUrl(entry.text('Url', ''));
    const cert = entry.text('Cert', '');
    const certKey = entry.text('Key', '');
    if ((cert === '') !== (certKey === '')) problems.push(`${entry.path}Cert: Cert and Key belong together`);
    if (typeof url === 'string') {
      problems.push(`${entry.path}Url: ${url}`);
      return [];
    }
    return [
      {
        url,
        headersFile: entry.text('HeadersFile', ''),
        secretFile: entry.text('SecretFile', ''),
        ca: entry.text('Ca', ''),
        cert,
        key: certKey,
      },
    ];
  });
}

/** Or a text that says what is wrong. */
function readUrl(text: string): URL | string {
  try {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // Said below.
  }
  return `"${text}" is no address such as http://host:port`;
}

/** An Alertmanager is named by the address of its page. */
function withApiPath(receiver: ReceiverConfig): ReceiverConfig {
  const url = new URL(receiver.url);
  if (!url.pathname.endsWith(API_PATH)) url.pathname = url.pathname.replace(/\/*$/, API_PATH);
  return { ...receiver, url };
}

function readStatus(section: ConfigSection, problems: string[]): Status {
  const name = section.text('MinStatus', 'unhealthy');
  const status = statusFromName(name);
  if (status !== undefined && status > Statuses.HEALTHY) return status;
  problems.push(`Alerts.MinStatus: "${name}" is none of pending, maybe_unhealthy, unhealthy, dying, dead`);
  return NO_ALERTS.minStatus;
}

function readUnit(section: ConfigSection, problems: string[]): AlertUnit {
  const name = section.text('Each', NO_ALERTS.unit);
  const unit = ALERT_UNITS.find((known) => known === name.toLowerCase());
  if (unit === undefined) problems.push(`Alerts.Each: "${name}" is none of ${ALERT_UNITS.join(', ')}`);
  return unit ?? NO_ALERTS.unit;
}

function readLabelNames(section: ConfigSection, problems: string[]): readonly string[] {
  if (!section.has('GroupBy')) return NO_ALERTS.groupBy;
  const names = section.list('GroupBy');
  for (const name of names) {
    if (!LABEL_NAME.test(name)) problems.push(`Alerts.GroupBy: "${name}" is no name of a label`);
  }
  return names;
}

function readLabels(section: ConfigSection, problems: string[]): Record<string, string> {
  const labels = section.section('Labels').texts();
  for (const [name] of labels) {
    if (!LABEL_NAME.test(name)) problems.push(`Alerts.Labels: "${name}" is no name of a label`);
    else if ((OWN_LABELS as readonly string[]).includes(name))
      problems.push(`Alerts.Labels: ${name} is set by hview itself`);
  }
  return Object.fromEntries(labels);
}

function readPageUrl(section: ConfigSection, problems: string[]): string {
  const text = section.text('PageUrl', '');
  if (text === '') return '';
  const url = readUrl(text);
  if (typeof url !== 'string') return url.href;
  problems.push(`Alerts.PageUrl: ${url}`);
  return '';
}

/** Whether there is anybody to tell. */
export function hasReceivers({ alertmanagers, webhooks }: AlertsConfig): boolean {
  return alertmanagers.length + webhooks.length > 0;
}
