import { HviewError } from '../../runtime/errors.js';
import type { LogReaderCounts } from '../log-reader.js';

/** Of at least one log. */
export function sumOf(all: readonly LogReaderCounts[]): LogReaderCounts {
  const [first, ...others] = all;
  if (first === undefined) throw new HviewError('INTERNAL', 'there is nothing to sum up');
  return others.reduce(addCounts, first);
}

/** Two logs' counts as one. */
export function addCounts(a: LogReaderCounts, b: LogReaderCounts): LogReaderCounts {
  const quiet = new Map(a.quiet);
  for (const [reason, count] of b.quiet) quiet.set(reason, (quiet.get(reason) ?? 0) + count);
  return {
    quiet,
    lines: a.lines + b.lines,
    candidates: a.candidates + b.candidates,
    records: a.records + b.records,
    continuations: a.continuations + b.continuations,
    findings: a.findings + b.findings,
    unparsable: a.unparsable + b.unparsable,
    parseEpisodes: a.parseEpisodes + b.parseEpisodes,
    derived: a.derived + b.derived,
    cutLines: a.cutLines + b.cutLines,
    bytesRead: a.bytesRead + b.bytesRead,
    filesOpened: a.filesOpened + b.filesOpened,
    rotations: a.rotations + b.rotations,
    truncations: a.truncations + b.truncations,
    bytesLost: a.bytesLost + b.bytesLost,
    losses: a.losses + b.losses,
    holeBytes: a.holeBytes + b.holeBytes,
  };
}
