import type { Socket } from 'node:net';
import type { DetailedPeerCertificate } from 'node:tls';
import { TLSSocket } from 'node:tls';

/** What the other side of a connection has shown of itself. */
export type PeerProof =
  /** Nothing. */
  | { readonly kind: 'none' }
  /** A certificate of an authority that is trusted here, for the names that stand in it. */
  | {
      readonly kind: 'certificate';
      /** The subject's common name first, then the DNS names and URIs. */
      readonly names: readonly string[];
      /** Milliseconds since 1970 UTC; a connection may outlast its certificate. */
      readonly expiresAtMs: number;
    }
  /** A certificate that does not count. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Looks at a connection once its TLS handshake is over; the answer costs time and stays the same. */
export function proofOf(socket: Socket | TLSSocket): PeerProof {
  if (!(socket instanceof TLSSocket)) return { kind: 'none' };
  const certificate = socket.getPeerCertificate();
  // Without a certificate the object is empty.
  if (!('raw' in certificate)) return { kind: 'none' };
  if (!socket.authorized) return { kind: 'refused', reason: String(socket.authorizationError) };
  return {
    kind: 'certificate',
    names: namesIn(certificate),
    expiresAtMs: Date.parse(certificate.valid_to),
  };
}

/** The names that a certificate was issued for: common name, DNS names, URIs. */
export function namesIn(
  certificate: Pick<DetailedPeerCertificate, 'subjectaltname'> & {
    readonly subject: { readonly CN?: unknown };
  },
): string[] {
  const { CN: common } = certificate.subject;
  const names = (Array.isArray(common) ? common : [common]).filter((name) => typeof name === 'string');
  // `DNS:a, URI:"b, c"`: what could be taken for a separator stands in quotes.
  for (const [, quoted, plain] of (certificate.subjectaltname ?? '').matchAll(
    /(?:^|, )(?:DNS|URI):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g,
  )) {
    const name = quoted === undefined ? plain : unquoted(quoted);
    if (name !== undefined && name !== '') names.push(name);
  }
  return [...new Set(names)];
}

function unquoted(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
