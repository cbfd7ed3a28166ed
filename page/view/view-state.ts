import type { ShownStatus } from '../status/status.js';
import { STATUSES } from '../status/status.js';

/** What a person chose to see. The address of the page holds it all, so that it can be passed on. */
export interface ViewState {
  /** Whose details are open. */
  readonly subject: string | null;
  /** Only these; none chosen: all. */
  readonly statuses: readonly ShownStatus[];
  readonly systems: readonly string[];
  /** Searched for in names. */
  readonly query: string;
}

export const EVERYTHING: ViewState = { subject: null, statuses: [], systems: [], query: '' };

/** `#subject=peer%401&status=unhealthy,dead&system=ZooKeeper&q=peer`; what is not understood is left out. */
export function parseHash(hash: string): ViewState {
  const values = new URLSearchParams(hash.replace(/^#/, ''));
  const named = (values.get('status') ?? '').toUpperCase().split(',');
  return {
    subject: values.get('subject') || null,
    statuses: STATUSES.filter((status) => named.includes(status)),
    systems: values.getAll('system').filter((system) => system !== ''),
    query: values.get('q') ?? '',
  };
}

/** '' for everything. */
export function formatHash({ subject, statuses, systems, query }: ViewState): string {
  const values = new URLSearchParams();
  if (subject !== null) values.set('subject', subject);
  if (statuses.length > 0) values.set('status', statuses.join(',').toLowerCase());
  for (const system of systems) values.append('system', system);
  if (query !== '') values.set('q', query);
  const text = values.toString();
  return text === '' ? '' : `#${text}`;
}

/** The list with the item, or without it if it was there. */
export function toggled<Item>(list: readonly Item[], item: Item): Item[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}
