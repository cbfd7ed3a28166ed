import { ClientSecurity } from '../protocol/client-security.js';
import type { Clock } from '../runtime/clock.js';
import type { PortSecurity } from '../runtime/listener.js';
import type { Logger } from '../runtime/logger.js';
import { TlsFiles } from '../runtime/tls-files.js';
import { Access } from './access/access.js';
import { TokenTable } from './access/token-table.js';
import type { SecurityConfig } from './security-config.js';

/** How an aggregator is guarded while it runs: files that are watched, and who may do what. */
export class Security {
  /** For every port of the aggregator. */
  readonly port: PortSecurity;
  readonly access: Access;
  /** For the calls to peers. */
  readonly peers: ClientSecurity;
  readonly #files: TlsFiles | null;
  readonly #tokens: TokenTable | null;

  /** Throws CREDENTIALS_INVALID. */
  constructor(config: SecurityConfig, surroundings: { readonly clock: Clock; readonly logger: Logger }) {
    const { clock } = surroundings;
    const { cert, key, clientCa, peerCa, tokenFile, peerTokenFile, allowsInsecure } = config;
    this.#files =
      cert === ''
        ? null
        : new TlsFiles({
            ...surroundings,
            paths: { cert, key, ...(clientCa === '' ? {} : { ca: clientCa }) },
          });
    this.#tokens = tokenFile === '' ? null : new TokenTable(tokenFile, surroundings);
    this.peers = new ClientSecurity({
      ...surroundings,
      // The same authority on both sides is the rule.
      tls:
        this.#files === null || peerCa === '' || peerCa === clientCa
          ? this.#files
          : { cert, key, ca: peerCa },
      ...(peerTokenFile === '' ? {} : { tokenFile: peerTokenFile }),
      allowsInsecure,
    });
    this.access = new Access({
      checksCertificates: this.#files?.material.ca !== undefined,
      requiresCertificate: config.requiresCertificate,
      allow: config.allow,
      tokens: this.#tokens,
      clock,
    });
    this.port = { tls: this.#files, authenticates: this.access.isGuarded, allowsInsecure };
  }

  /** Takes over who may do what; files and what is asked of those that connect stay as they were. */
  reconfigure({ allow }: SecurityConfig): void {
    this.access.useAllow(allow);
  }

  close(): void {
    this.#files?.close();
    this.#tokens?.close();
    this.peers.close();
  }
}
