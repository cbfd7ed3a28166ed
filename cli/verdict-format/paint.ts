import type { Status } from '../../protocol/model.js';
import { Status as Statuses } from '../../protocol/model.js';

/** Gives texts their colour and weight, or leaves them as they are. Never the only sign of anything. */
export interface Paint {
  status(status: Status, text: string): string;
  strong(text: string): string;
  faint(text: string): string;
  /** Dark on light, for a bar over the whole width. */
  bar(text: string): string;
}

/** Where it is not a person who reads. */
export const PLAIN: Paint = {
  status: (_, text) => text,
  strong: (text) => text,
  faint: (text) => text,
  bar: (text) => text,
};

/** Codes of ECMA-48 that every terminal knows, on whatever ground. */
const STATUS_CODES: Readonly<Record<Status, string>> = {
  [Statuses.INVALID]: '2',
  [Statuses.NA]: '2',
  [Statuses.HEALTHY]: '32',
  [Statuses.PENDING]: '36',
  [Statuses.MAYBE_UNHEALTHY]: '33',
  [Statuses.UNHEALTHY]: '31',
  [Statuses.DYING]: '35;1',
  [Statuses.DEAD]: '31;1;7',
};

export const COLOURED: Paint = {
  status: (status, text) => wrap(STATUS_CODES[status], text),
  strong: (text) => wrap('1', text),
  faint: (text) => wrap('2', text),
  bar: (text) => wrap('7', text),
};

function wrap(codes: string, text: string): string {
  return `\u001b[${codes}m${text}\u001b[0m`;
}
