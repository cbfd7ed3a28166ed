import type { MatrixJson } from '../../protocol/json-api.js';
import type { Panorama, Status, View } from '../../protocol/model.js';

/** By status number. */
const LETTERS = '.nhpmudx';

/** Subjects that one turn of the event loop looks at: about a millisecond's worth. */
const SUBJECTS_PER_TURN = 100;

/**
 * Who says what of whom: per observer and subject the worst of the observer's present words. Made over
 * several turns of the event loop, so that nobody waits for it who does not want it.
 */
export async function matrixOf(panoramas: Iterable<Panorama>): Promise<MatrixJson> {
  const observers = new Map<string, number>();
  const subjects: string[] = [];
  const rows: string[] = [];
  let seen = 0;
  for (const { subject, views } of panoramas) {
    seen += 1;
    if (seen % SUBJECTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const letters: string[] = [];
    for (const view of views.values()) {
      const status = worstWord(view);
      if (status === null) continue;
      let column = observers.get(view.observer);
      if (column === undefined) observers.set(view.observer, (column = observers.size));
      letters[column] = LETTERS[status] ?? '.';
    }
    if (letters.length === 0) continue;
    subjects.push(subject);
    rows.push(Array.from(letters, (letter: string | undefined) => letter ?? '.').join(''));
  }
  return { observers: [...observers.keys()], subjects, rows };
}

/** The newest value of each metric counts. Null for a view without observations. */
function worstWord({ observations }: View): Status | null {
  let worst: Status | null = null;
  // A view has few metrics: a list is quicker than a set.
  const seen: string[] = [];
  for (let index = observations.length - 1; index >= 0; index -= 1) {
    for (const { name, status } of observations[index]?.metrics ?? []) {
      if (seen.includes(name)) continue;
      seen.push(name);
      if (worst === null || status > worst) worst = status;
    }
  }
  return worst;
}
