import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpGuard, HttpRefusal } from '../../runtime/http-server.js';
import type { PeerProof } from '../../runtime/peer-proof.js';
import { proofOf } from '../../runtime/peer-proof.js';
import type { RateLimits } from '../../runtime/rate-limits.js';
import type { Access } from './access.js';

/** The HTTP port's counterpart of the guard before gRPC calls: for whoever may ask who is sick. */
export class QueryGuard implements HttpGuard {
  readonly #access: Access;
  readonly #rate: RateLimits | null;
  readonly #proofs = new WeakMap<Socket, PeerProof>();

  /** `rate`: requests a second of one client; null: as many as it likes. */
  constructor(access: Access, rate: RateLimits | null) {
    this.#access = access;
    this.#rate = rate;
  }

  get asksWho(): boolean {
    return this.#access.isGuarded;
  }

  get takesPassword(): boolean {
    return this.#access.takesTokens;
  }

  refuse({ socket, headers }: IncomingMessage): HttpRefusal | null {
    const decision = this.#access.decide('query', this.#proof(socket), headers.authorization);
    if (decision.kind === 'unknown') return { status: 401, reason: decision.reason };
    if (decision.kind === 'forbidden') return { status: 403, reason: decision.reason };
    const client = decision.name ?? socket.remoteAddress ?? '';
    if (this.#rate?.take(client, 1) !== false) return null;
    return { status: 429, reason: `${client} sends more than ${this.#rate.perSecond} requests a second` };
  }

  #proof(socket: Socket): PeerProof {
    const known = this.#proofs.get(socket);
    if (known !== undefined) return known;
    const proof = proofOf(socket);
    this.#proofs.set(socket, proof);
    return proof;
  }
}
