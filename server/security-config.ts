import type { TlsPaths } from '../runtime/tls-files.js';
import type { ConfigSection } from './config-section.js';

/** How the aggregator's ports are guarded, and how it calls its peers. Paths count from the working folder. */
export interface SecurityConfig {
  /** The own certificate and key, for those that connect and towards peers; empty: plain text. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of the certificates of those that connect; empty: nobody is asked for one. */
  readonly clientCa: string;
  /** Authorities of the peers' certificates; empty: the same, or without any those that the system trusts. */
  readonly peerCa: string;
  /** Listen for others than this machine although nobody has to show who it is, or in plain text. */
  readonly allowsInsecure: boolean;
}

export const NO_SECURITY: SecurityConfig = {
  cert: '',
  key: '',
  clientCa: '',
  peerCa: '',
  allowsInsecure: false,
};

/** Reads the section `Tls` and the key `Insecure`. */
export function readSecurity(root: ConfigSection, problems: string[]): SecurityConfig {
  const tls = root.section('Tls');
  const config: SecurityConfig = {
    cert: tls.text('Cert', ''),
    key: tls.text('Key', ''),
    clientCa: tls.text('ClientCa', ''),
    peerCa: tls.text('PeerCa', ''),
    allowsInsecure: root.flag('Insecure', false),
  };
  if ((config.cert === '') !== (config.key === '')) problems.push('Tls: Cert and Key belong together');
  if (config.cert === '' && (config.clientCa !== '' || config.peerCa !== ''))
    problems.push('Tls: Cert and Key are missing');
  return config;
}

/** The files for those that connect; null: plain text. */
export function listeningFiles({ cert, key, clientCa }: SecurityConfig): TlsPaths | null {
  if (cert === '') return null;
  return { cert, key, ...(clientCa === '' ? {} : { ca: clientCa }) };
}

/** The files for calling peers; null: plain text. */
export function callingFiles({ cert, key, clientCa, peerCa }: SecurityConfig): TlsPaths | null {
  const ca = peerCa === '' ? clientCa : peerCa;
  if (cert === '') return null;
  return { cert, key, ...(ca === '' ? {} : { ca }) };
}

/** For the log. */
export function describeSecurity({ cert, clientCa }: SecurityConfig): string {
  if (cert === '') return 'none';
  return clientCa === '' ? 'TLS' : 'TLS with client certificates';
}
