import type { Finding } from './finding.js';
import { findingToReport } from './finding.js';
import type { FindingSink } from './log-reader.js';
import { observationId } from './observation-id.js';
import type { Spool } from './spool/spool.js';
import type { SpoolEntry } from './spool/spool-entry.js';

export interface SpoolSinkOptions {
  /** Null: nobody is told of the findings. */
  readonly spool: Spool | null;
  /** Names the log in the spool. */
  readonly source: string;
  /** The log's path, for whoever looks for the evidence. */
  readonly path: string;
  readonly module: string;
  readonly host: string;
  /** Up to where in the spool the checkpoint reaches that reading goes on from. */
  readonly spooled: number;
  readonly onFinding: (finding: Finding) => void;
  /** A finding was in the spool already. */
  readonly onAgain: () => void;
}

/** A line is evidence, not an archive, bytes. */
const MAX_LINE_BYTES = 1000;

/**
 * Puts the findings of one log into the spool, once each: what an agent reads again after a restart
 * may be there already.
 */
export class SpoolSink implements FindingSink {
  readonly #options: SpoolSinkOptions;
  /** In the spool from before the restart, and not met again yet. */
  readonly #known: Set<string>;

  constructor(options: SpoolSinkOptions) {
    this.#options = options;
    this.#known = options.spool?.idsAfter(options.source, options.spooled) ?? new Set();
  }

  async put(findings: readonly Finding[]): Promise<number> {
    const { spool, onFinding, onAgain, spooled } = this.#options;
    const entries: SpoolEntry[] = [];
    for (const finding of findings) {
      const id = observationId(finding);
      if (this.#known.delete(id)) {
        onAgain();
        continue;
      }
      onFinding(finding);
      entries.push(this.#entryOf(finding, id));
    }
    if (spool === null) return 0;
    if (entries.length > 0) await spool.append(entries);
    // What is known and still to come must be remembered by the next checkpoint as well.
    return this.#known.size > 0 ? spooled : spool.lastSequence;
  }

  caughtUp(): void {
    this.#known.clear();
  }

  #entryOf(finding: Finding, id: string): SpoolEntry {
    const { source, module, host, path } = this.#options;
    const { origin, rule } = finding;
    return {
      id,
      source,
      module,
      report: findingToReport(finding),
      provenance: {
        host,
        path,
        offset: origin.offset,
        line: cutLine(origin.line),
        rule: rule.id,
        why: rule.why,
      },
    };
  }
}

function cutLine(line: string): string {
  // No character takes more than three bytes for each unit of the string.
  if (line.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  const bytes = Buffer.from(line).subarray(0, MAX_LINE_BYTES);
  // A character that was cut in two becomes one or more U+FFFD.
  return bytes.toString('utf8').replace(/\uFFFD+$/, '');
}
