import type { Registration } from '../../protocol/health-service.js';
import { HviewError } from '../../runtime/errors.js';

/** Handles are counted up from here; the first is one more. */
const HANDLE_START = 10_000;

interface Entry {
  readonly registration: Registration;
  /** From before a restart: whoever holds the handle may be another by now. */
  readonly isRestored: boolean;
}

/** Who may submit reports: handle ↔ (module, observer). */
export class Registrations {
  readonly #byHandle = new Map<number, Entry>();
  readonly #byName = new Map<string, number>();
  /** Handles that the journal holds. */
  readonly #saved = new Set<number>();
  #last = HANDLE_START;

  /** `most`: registrations that are kept. */
  constructor(private readonly most = Infinity) {}

  /** The handle of the registration, and whether it is a new one. Throws LIMIT_REACHED. */
  register(registration: Registration): { readonly handle: number; readonly isNew: boolean } {
    const name = nameOf(registration);
    const known = this.#byName.get(name);
    if (known !== undefined) {
      this.#byHandle.set(known, { registration, isRestored: false });
      return { handle: known, isNew: false };
    }
    if (this.#byHandle.size >= this.most) {
      throw new HviewError('LIMIT_REACHED', `limit of ${this.most} registrations reached`, {
        hint: "The limits stand in the aggregator's configuration.",
      });
    }
    this.#last += 1;
    this.#put(this.#last, registration, false);
    return { handle: this.#last, isNew: true };
  }

  restore(handle: number, registration: Registration): void {
    this.#last = Math.max(this.#last, handle);
    this.#put(handle, registration, true);
    this.#saved.add(handle);
  }

  /** Whether it would outlive a restart. */
  isSaved(handle: number): boolean {
    return this.#saved.has(handle);
  }

  markSaved(handle: number): void {
    this.#saved.add(handle);
  }

  /** Throws REQUEST_INVALID when nobody, or after a restart somebody else, has that handle. */
  check(handle: number, observer: string): void {
    const entry = this.#byHandle.get(handle);
    if (entry === undefined || (entry.isRestored && entry.registration.observer !== observer)) {
      throw new HviewError('REQUEST_INVALID', 'Invalid submission handle', {
        hint: 'Register again; the aggregator has forgotten the handle.',
      });
    }
  }

  #put(handle: number, registration: Registration, isRestored: boolean): void {
    this.#byHandle.set(handle, { registration, isRestored });
    this.#byName.set(nameOf(registration), handle);
  }
}

function nameOf({ module, observer }: Registration): string {
  return JSON.stringify([module, observer]);
}
