import type { Observation } from '../../protocol/model.js';

/** The ids by which observations in memory were reported; forgotten with them. */
export class ObservationIds {
  readonly #ids = new WeakMap<Observation, string>();

  /** An empty id says nothing. */
  set(observation: Observation, id: string): void {
    if (id !== '') this.#ids.set(observation, id);
  }

  /** Empty when it is not known. */
  get(observation: Observation): string {
    return this.#ids.get(observation) ?? '';
  }
}
