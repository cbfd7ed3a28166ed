import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SubjectAltNameEntry } from 'selfsigned';
import { generate } from 'selfsigned';

/** Paths of a certificate and its key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** Subject alternative names besides localhost, 127.0.0.1 and ::1; `spiffe://...` and the like are URIs. */
  readonly names?: readonly string[];
  /** Without localhost, 127.0.0.1 and ::1. */
  readonly isBare?: boolean;
  /** When it ends; default in a year. */
  readonly until?: Date;
  /** Base name of the files; default the common name. */
  readonly file?: string;
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const SINCE = new Date(Date.now() - YEAR_MS);

const LOCAL: readonly SubjectAltNameEntry[] = [
  { type: 2, value: 'localhost' },
  { type: 7, ip: '127.0.0.1' },
  { type: 7, ip: '::1' },
];

/** An authority of a test, with its certificates in a folder of their own. */
export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'hview-certificates-'));
  /** PEM file of its own certificate. */
  readonly ca = join(this.folder, 'ca.pem');

  private constructor(private readonly pems: { readonly key: string; readonly cert: string }) {
    writeFileSync(this.ca, pems.cert);
  }

  static async create(name = 'test authority'): Promise<TestAuthority> {
    const made = await generate([{ name: 'commonName', value: name }], {
      ...{ keyType: 'ec', algorithm: 'sha256', notBeforeDate: SINCE },
      notAfterDate: new Date(Date.now() + YEAR_MS),
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true },
      ],
    });
    return new TestAuthority({ key: made.private, cert: made.cert });
  }

  /** Writes a certificate and its key; the same name again replaces them. */
  async issue(commonName: string, options: IssueOptions = {}): Promise<CertificateFiles> {
    const { names = [], isBare = false, until = new Date(Date.now() + YEAR_MS), file = commonName } = options;
    const made = await generate([{ name: 'commonName', value: commonName }], {
      ...{ keyType: 'ec', algorithm: 'sha256', ca: this.pems, notBeforeDate: SINCE, notAfterDate: until },
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: [...(isBare ? [] : LOCAL), ...names.map(alternative)] },
      ],
    });
    const files = { cert: join(this.folder, `${file}.pem`), key: join(this.folder, `${file}.key`) };
    writeFileSync(files.cert, made.cert);
    writeFileSync(files.key, made.private, { mode: 0o600 });
    return files;
  }
}

function alternative(value: string): SubjectAltNameEntry {
  return { type: value.includes('://') ? 6 : 2, value };
}
