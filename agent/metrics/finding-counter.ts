import type { Finding } from '../finding.js';
import { statusName } from '../../protocol/model.js';

/** Pairs of rule and status that are counted apart; the bundled rules make some 300. */
const MAX_PAIRS = 1000;

/** Stands for the rules beyond. */
const OTHER = 'other';

/** Counts what the agent's own accounts do not keep apart: findings by the rule that made them. */
export class FindingCounter {
  /** By rule and status. */
  readonly #counts = new Map<string, { readonly rule: string; readonly status: string; findings: number }>();

  found({ rule, status }: Pick<Finding, 'rule' | 'status'>): void {
    this.#count(rule.id, statusName(status));
  }

  counts(): Iterable<{ readonly rule: string; readonly status: string; readonly findings: number }> {
    return this.#counts.values();
  }

  #count(rule: string, status: string): void {
    const key = `${rule}\n${status}`;
    const entry = this.#counts.get(key);
    if (entry !== undefined) entry.findings += 1;
    else if (this.#counts.size < MAX_PAIRS || rule === OTHER)
      this.#counts.set(key, { rule, status, findings: 1 });
    else this.#count(OTHER, status);
  }
}
