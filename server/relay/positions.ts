import type { Position } from '../../protocol/peering-service.js';

/** The name under which a position is saved. */
export const POSITION = 'position';

/**
 * Up to where the reports of each peer are here. Only for peers that are known, so that nobody can fill
 * memory; saved now and then, as an older one only makes the peer send again what is known by its ids.
 */
export class Positions {
  readonly #positions = new Map<string, Position>();
  readonly #unsaved = new Set<string>();

  constructor(
    private readonly peers: ReadonlySet<string>,
    private readonly save: (peerId: string, name: string, value: string) => void,
  ) {}

  get(peerId: string): Position | null {
    return this.#positions.get(peerId) ?? null;
  }

  reached(peerId: string, position: Position): void {
    if (!this.peers.has(peerId)) return;
    const known = this.#positions.get(peerId);
    if (known?.epoch === position.epoch && known.sequence >= position.sequence) return;
    this.#positions.set(peerId, position);
    this.#unsaved.add(peerId);
  }

  /** As it was saved before a restart; what cannot be read counts as nothing. */
  restore(peerId: string, value: string): void {
    const [epoch = '', sequence = ''] = value.split(' ');
    if (epoch === '' || !/^\d{1,15}$/.test(sequence) || !this.peers.has(peerId)) return;
    this.#positions.set(peerId, { epoch, sequence: Number(sequence) });
  }

  saveChanged(): void {
    for (const peerId of this.#unsaved) {
      const position = this.#positions.get(peerId);
      if (position !== undefined) this.save(peerId, POSITION, `${position.epoch} ${position.sequence}`);
    }
    this.#unsaved.clear();
  }
}
