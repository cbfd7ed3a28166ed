import type { CallDecision, CallPolicy } from '../../protocol/call-guard.js';
import type { GrantedRole, MethodRole } from '../../protocol/method-rules.js';
import type { Clock } from '../../runtime/clock.js';
import type { PeerProof } from '../../runtime/peer-proof.js';
import type { AllowList } from '../security-config.js';
import { matchesName } from './name-pattern.js';
import type { TokenHolder } from './token-table.js';

export interface AccessOptions {
  /** Whether certificates of clients are asked for. */
  readonly checksCertificates: boolean;
  /** A token alone is not enough. */
  readonly requiresCertificate: boolean;
  readonly allow: Readonly<Record<GrantedRole, AllowList>>;
  /** Null: there are none. */
  readonly tokens: { holder(token: string): TokenHolder | undefined } | null;
  readonly clock: Clock;
}

interface Identity {
  readonly name: string;
  may(role: GrantedRole): boolean;
}

const NOBODY_ASKED: CallDecision = { kind: 'allowed', name: null };

/**
 * Who may do what. Somebody is known by a certificate or by a token, and may do what either allows. Without
 * an authority and without tokens nobody is asked.
 */
export class Access implements CallPolicy {
  #allow: AccessOptions['allow'];

  constructor(private readonly options: AccessOptions) {
    this.#allow = options.allow;
  }

  /** From the next request on. */
  useAllow(allow: AccessOptions['allow']): void {
    this.#allow = allow;
  }

  /** Whether anybody is asked who it is. */
  get isGuarded(): boolean {
    return this.options.checksCertificates || this.options.tokens !== null;
  }

  get takesTokens(): boolean {
    return this.options.tokens !== null;
  }

  /** `authorization`: the header of that name, if any. */
  decide(role: MethodRole, proof: PeerProof, authorization: string | undefined): CallDecision {
    if (!this.isGuarded) return NOBODY_ASKED;
    const certificate = this.#byCertificate(proof);
    if (this.options.requiresCertificate && typeof certificate === 'string') return unknown(certificate);
    const token = this.#byToken(authorization);
    const known = [certificate, token].filter((found) => typeof found !== 'string');
    const [first] = known;
    if (first === undefined) return unknown(reasonOf(certificate, token));
    if (role === 'known') return { kind: 'allowed', name: first.name };
    const allowed = known.find((identity) => identity.may(role));
    if (allowed !== undefined) return { kind: 'allowed', name: allowed.name };
    return {
      kind: 'forbidden',
      reason: `${known.map(({ name }) => `"${name}"`).join(' and ')} may not ${role}`,
    };
  }

  /** A text: why nobody is known by it; empty when there is nothing to say. */
  #byCertificate(proof: PeerProof): Identity | string {
    const { checksCertificates, clock } = this.options;
    if (!checksCertificates) return '';
    if (proof.kind === 'none') return 'no certificate was shown';
    if (proof.kind === 'refused') return `the certificate does not count: ${proof.reason}`;
    if (proof.expiresAtMs <= clock.now()) return 'the certificate has ended since the connection was made';
    const { names } = proof;
    return {
      name: names[0] ?? '',
      may: (role) =>
        this.#allow[role]?.some((pattern) => names.some((name) => matchesName(pattern, name))) ?? true,
    };
  }

  #byToken(authorization: string | undefined): Identity | string {
    const { tokens } = this.options;
    if (tokens === null) return '';
    if (authorization === undefined) return 'no token was sent';
    const token = tokenIn(authorization);
    if (token === null)
      return 'the authorization is neither "Bearer TOKEN" nor "Basic" with the token as password';
    const holder = tokens.holder(token);
    if (holder === undefined) return 'the token is not known';
    return { name: holder.name, may: (role) => holder.roles.has(role) };
  }
}

function unknown(reason: string): CallDecision {
  return { kind: 'unknown', reason };
}

function reasonOf(...found: readonly (Identity | string)[]): string {
  return found.filter((reason): reason is string => typeof reason === 'string' && reason !== '').join(', ');
}

/** A browser that asks for a password sends it as Basic; the user name is of no account. */
function tokenIn(authorization: string): string | null {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +([^ ]+) *$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '') return null;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon === -1 ? null : pair.slice(colon + 1);
}
