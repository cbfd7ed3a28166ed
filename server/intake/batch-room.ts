import type { BatchRefusal, TakenEntry } from '../../protocol/batch-service.js';
import type { StoreRoom } from './store-room.js';

/** The entries of a batch that are to be taken, and why the others are not. */
export interface CheckedEntries {
  readonly entries: readonly TakenEntry[];
  readonly refused: readonly BatchRefusal[];
}

/**
 * Of the entries those that there is room for; room is kept for them until the functions in `kept` are
 * called. `observations`: the length of the batch.
 */
export function withRoom(
  room: StoreRoom,
  { entries, refused }: CheckedEntries,
  observations: number,
  kept: (() => void)[],
  options: {
    /** Whether they are registered by the way. */
    readonly registersObservers: boolean;
    /** What is only held needs no room. */
    readonly isWanted: (subject: string) => boolean;
  },
): CheckedEntries {
  const { registersObservers, isWanted } = options;
  const places = placesBut(refused, observations);
  const crowded: BatchRefusal[] = [];
  const taken = entries.filter(({ report }, position) => {
    if (!isWanted(report.subject)) return true;
    const reason = room.refuse(report) ?? (registersObservers ? room.refuseName(report.observer) : null);
    if (reason === null) {
      kept.push(room.keep(report));
      if (registersObservers) kept.push(room.keepName(report.observer));
      return true;
    }
    crowded.push({ index: places[position] ?? 0, reason });
    return false;
  });
  return crowded.length === 0 ? { entries, refused } : { entries: taken, refused: [...refused, ...crowded] };
}

/** The places of a batch's entries that were not refused. */
function placesBut(refused: readonly BatchRefusal[], count: number): readonly number[] {
  const gone = new Set(refused.map(({ index }) => index));
  return Array.from({ length: count }, (_, index) => index).filter((index) => !gone.has(index));
}
