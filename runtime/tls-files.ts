import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Clock } from './clock.js';
import { HviewError, describeError, fileError } from './errors.js';
import type { Logger } from './logger.js';
import { WatchedFiles } from './watched-files.js';

/** PEM files. A certificate needs its key. */
export interface TlsPaths {
  /** The own certificate, with those between it and the authority. */
  readonly cert?: string;
  readonly key?: string;
  /** The authorities that the other side's certificate has to come from. */
  readonly ca?: string;
}

/** What the files hold. */
export interface TlsMaterial {
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly ca?: Buffer;
  /** When the own certificate, or an authority before it, ends; milliseconds since 1970 UTC; null without any. */
  readonly expiresAtMs: number | null;
}

export interface TlsFilesOptions {
  readonly paths: TlsPaths;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** From here on the log says that a certificate is about to end. */
const WARNING_MS = 14 * 24 * 60 * 60 * 1000;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Certificate files, loaded and kept up to date: a change is taken over when the new files are good,
 * otherwise the old ones stay, and the log says why.
 */
export class TlsFiles {
  readonly #options: TlsFilesOptions;
  readonly #watched: WatchedFiles;
  readonly #listeners = new Set<() => void>();
  #material: TlsMaterial;

  /** Throws CREDENTIALS_INVALID. */
  constructor(options: TlsFilesOptions) {
    this.#options = options;
    const { paths, clock, logger } = options;
    this.#material = readTlsFiles(paths, clock.now());
    this.#warnOfEnd();
    for (const path of [paths.cert, paths.key, paths.ca]) {
      if (path !== undefined) logger.debug('a certificate file was read', { file: path });
    }
    this.#watched = new WatchedFiles({
      paths: [paths.cert, paths.key, paths.ca].filter((path) => path !== undefined),
      clock,
      onChange: () => this.#reload(),
    });
  }

  get paths(): TlsPaths {
    return this.#options.paths;
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  /** `listener` is called after each change that was taken over. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Looks for a change now. */
  look(): void {
    this.#watched.look();
  }

  close(): void {
    this.#watched.close();
    this.#listeners.clear();
  }

  #reload(): void {
    const { paths, clock, logger } = this.#options;
    try {
      this.#material = readTlsFiles(paths, clock.now());
    } catch (error) {
      logger.error('the changed certificate files cannot be used, the old ones stay in use', {
        reason: describeError(error),
      });
      return;
    }
    logger.info('the changed certificate files are in use', {
      files: paths,
      expires: endOf(this.#material),
    });
    this.#warnOfEnd();
    for (const listener of this.#listeners) listener();
  }

  #warnOfEnd(): void {
    const { paths, clock, logger } = this.#options;
    const { expiresAtMs } = this.#material;
    if (expiresAtMs === null || expiresAtMs - clock.now() > WARNING_MS) return;
    logger.warn('a certificate ends soon', { file: paths.cert ?? paths.ca, expires: endOf(this.#material) });
  }
}

function endOf({ expiresAtMs }: TlsMaterial): string | null {
  return expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
}

/** Reads and checks the files. Throws CREDENTIALS_INVALID that names the file and what is wrong. */
export function readTlsFiles(paths: TlsPaths, nowMs: number): TlsMaterial {
  const { cert: certPath, key: keyPath, ca: caPath } = paths;
  if ((certPath === undefined) !== (keyPath === undefined)) {
    throw new HviewError(
      'CREDENTIALS_INVALID',
      certPath === undefined
        ? `the key ${keyPath ?? ''} has no certificate`
        : `the certificate ${certPath} has no key`,
      { hint: 'Name both, with -tls_cert and -tls_key.' },
    );
  }
  const ends: number[] = [];
  const material: { cert?: Buffer; key?: Buffer; ca?: Buffer } = {};
  if (certPath !== undefined && keyPath !== undefined) {
    material.cert = read(certPath);
    material.key = read(keyPath);
    const [own] = certificates(material.cert, certPath);
    if (own === undefined) throw invalid(certPath, 'holds no certificate');
    checkEnd(own, certPath, nowMs);
    ends.push(Date.parse(own.validTo));
    checkPair(own, certPath, material.key, keyPath);
  }
  if (caPath !== undefined) {
    material.ca = read(caPath);
    const authorities = certificates(material.ca, caPath);
    if (authorities.length === 0) throw invalid(caPath, 'holds no certificate');
    // Of several authorities some may have ended: one of them is being replaced.
    const lasting = Math.max(...authorities.map(({ validTo }) => Date.parse(validTo)));
    const last = authorities.find(({ validTo }) => Date.parse(validTo) === lasting);
    if (last !== undefined) checkEnd(last, caPath, nowMs);
    ends.push(lasting);
  }
  try {
    createSecureContext(material);
  } catch (error) {
    throw invalid(certPath ?? caPath ?? '', `cannot be used: ${describeError(error)}`);
  }
  return { ...material, expiresAtMs: ends.length === 0 ? null : Math.min(...ends) };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError('CREDENTIALS_INVALID', 'cannot read', path, error);
  }
}

function certificates(pem: Buffer, path: string): X509Certificate[] {
  return (pem.toString('latin1').match(CERTIFICATE) ?? []).map((text) => {
    try {
      return new X509Certificate(text);
    } catch (error) {
      throw invalid(path, `holds a certificate that cannot be understood: ${describeError(error)}`);
    }
  });
}

function checkPair(certificate: X509Certificate, certPath: string, key: Buffer, keyPath: string): void {
  let isPair: boolean;
  try {
    isPair = certificate.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw invalid(keyPath, `is no private key that can be used: ${describeError(error)}`);
  }
  if (!isPair) throw invalid(keyPath, `is not the key of the certificate ${certPath}`);
}

function checkEnd(certificate: X509Certificate, path: string, nowMs: number): void {
  if (Date.parse(certificate.validTo) <= nowMs) throw invalid(path, `ended on ${certificate.validTo}`);
  if (Date.parse(certificate.validFrom) > nowMs)
    throw invalid(path, `begins only on ${certificate.validFrom}`);
}

function invalid(path: string, what: string): HviewError {
  return new HviewError('CREDENTIALS_INVALID', `${path} ${what}`, {
    hint: 'Certificates and keys are PEM files; SECURITY.md shows how to make them.',
  });
}
