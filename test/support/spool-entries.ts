import type { SpoolEntry } from '../../agent/spool/spool-entry.js';
import type { Metric } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { inFolder } from './followed-log.js';

/** An entry in which only what a test is about has to be said. Its id is also the metric's name unless that is given. */
export function spoolEntry(
  parts: Partial<Pick<SpoolEntry, 'id' | 'source' | 'module' | 'provenance'>> & {
    readonly observer?: string;
    readonly subject?: string;
    readonly context?: string;
    readonly status?: Metric['status'];
    readonly score?: number;
  } = {},
): SpoolEntry {
  const { id = 'one', source = 'log', module = 'ZooKeeper', provenance = null } = parts;
  const { observer = 'peer@1', subject = 'peer@2', context = id } = parts;
  const { status = Status.UNHEALTHY, score = 20 } = parts;
  return {
    ...{ id, source, module, provenance },
    report: {
      observer,
      subject,
      observation: {
        time: { seconds: 1_700_000_000, nanos: 0 },
        metrics: [{ name: context, status, score }],
      },
    },
  };
}

/** Entries `from` to `through`, each with its number as id. */
export function numberedEntries(from: number, through: number, source = 'log'): SpoolEntry[] {
  return Array.from({ length: through - from + 1 }, (_, index) =>
    spoolEntry({ id: String(from + index), source }),
  );
}

/** Runs `test` with an empty folder of its own, and checks that no file is left open. */
export const withFolder = inFolder;
