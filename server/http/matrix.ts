import type { MatrixJson } from '../../protocol/json-api.js';
import type { Panorama, Status, View } from '../../protocol/model.js';

/** By status number. */
const LETTERS = '.nhpmudx';

/** Who says what of whom: per observer and subject the worst of the observer's present words. */
export function matrixOf(panoramas: Iterable<Panorama>): MatrixJson {
  const observers = new Map<string, number>();
  const subjects: string[] = [];
  const rows: string[] = [];
  for (const { subject, views } of panoramas) {
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
  const seen = new Set<string>();
  for (let index = observations.length - 1; index >= 0; index -= 1) {
    for (const { name, status } of observations[index]?.metrics ?? []) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (worst === null || status > worst) worst = status;
    }
  }
  return worst;
}
