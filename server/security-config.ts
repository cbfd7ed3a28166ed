import type { ConfigSection } from './config-section.js';

/** Names of certificates, with `*`, that may do something; null: every certificate of the authority. */
export type AllowList = readonly string[] | null;

/** How the aggregator's ports are guarded, and how it calls its peers. Paths count from the working folder. */
export interface SecurityConfig {
  /** The own certificate and key, for those that connect and towards peers; empty: plain text. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of the certificates of those that connect; empty: nobody is asked for one. */
  readonly clientCa: string;
  /** A token alone is not enough. */
  readonly requiresCertificate: boolean;
  /** Authorities of the peers' certificates; empty: the same, or without any those that the system trusts. */
  readonly peerCa: string;
  /** Whose certificates may report, ask, and pass on reports of other aggregators. */
  readonly allow: { readonly submit: AllowList; readonly query: AllowList; readonly relay: AllowList };
  /** The tokens that count here; empty: none do. */
  readonly tokenFile: string;
  /** The token that peers are shown; empty: none. */
  readonly peerTokenFile: string;
  /** Listen for others than this machine although nobody has to show who it is, or in plain text. */
  readonly allowsInsecure: boolean;
}

export const NO_SECURITY: SecurityConfig = {
  cert: '',
  key: '',
  clientCa: '',
  requiresCertificate: false,
  peerCa: '',
  allow: { submit: null, query: null, relay: null },
  tokenFile: '',
  peerTokenFile: '',
  allowsInsecure: false,
};

/** Reads the sections `Tls` and `Access` and the key `Insecure`. */
export function readSecurity(root: ConfigSection, problems: string[]): SecurityConfig {
  const tls = root.section('Tls');
  const access = root.section('Access');
  const allowList = (key: string): AllowList => (access.has(key) ? access.list(key) : null);
  const config: SecurityConfig = {
    cert: tls.text('Cert', ''),
    key: tls.text('Key', ''),
    clientCa: tls.text('ClientCa', ''),
    requiresCertificate: tls.flag('RequireClientCert', false),
    peerCa: tls.text('PeerCa', ''),
    allow: { submit: allowList('Submit'), query: allowList('Query'), relay: allowList('Relay') },
    tokenFile: access.text('TokenFile', ''),
    peerTokenFile: access.text('PeerTokenFile', ''),
    allowsInsecure: root.flag('Insecure', false),
  };
  problems.push(...contradictions(config));
  return config;
}

/** What does not fit together, as words of the configuration. */
export function contradictions(config: SecurityConfig): string[] {
  const { cert, key, clientCa, peerCa, allow, requiresCertificate } = config;
  const problems: string[] = [];
  if ((cert === '') !== (key === '')) problems.push('Tls: Cert and Key belong together');
  else if (cert === '' && (clientCa !== '' || peerCa !== '')) problems.push('Tls: Cert and Key are missing');
  if (clientCa === '') {
    const lists = Object.values(allow).some((list) => list !== null);
    if (lists) problems.push('Access: names of certificates need Tls.ClientCa, which is missing');
    if (requiresCertificate) problems.push('Tls: RequireClientCert needs ClientCa, which is missing');
  }
  return problems;
}

/** In a few words, for people. */
export function describeSecurity({ cert, clientCa, tokenFile }: SecurityConfig): string {
  const words = [
    cert === '' ? '' : 'TLS',
    clientCa === '' ? '' : 'client certificates',
    tokenFile === '' ? '' : 'tokens',
  ].filter((word) => word !== '');
  return words.length === 0 ? 'none' : words.join(', ');
}
