import { ClientSecurity, SYSTEM_ROOTS } from '../protocol/client-security.js';
import { systemClock } from '../runtime/clock.js';
import type { FlagTable, FlagValues } from '../runtime/flags.js';
import type { Logger } from '../runtime/logger.js';

/** How a program that calls an aggregator shows who it is; the same names as hview-server's. */
export const CLIENT_SECURITY_FLAGS = {
  tls_ca: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: `Use TLS: the authorities (PEM) that the aggregator's certificate comes from; "${SYSTEM_ROOTS}" stands for those of the system.`,
  },
  tls_cert: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'Use TLS with this certificate (PEM), which shows the aggregator who calls; needs -tls_key.',
  },
  tls_key: { kind: 'text', default: '', placeholder: 'file', help: 'The key (PEM) of -tls_cert.' },
  token_file: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'Show the aggregator the token in this file, which only its owner and group may read.',
  },
  insecure: {
    kind: 'switch',
    default: false,
    help: 'Send the token to another machine even without TLS.',
  },
} as const satisfies FlagTable;

/** What the flags say; undefined: plain text and no name. Throws CREDENTIALS_INVALID. */
export function clientSecurityOf(
  values: FlagValues<typeof CLIENT_SECURITY_FLAGS>,
  logger: Logger,
): ClientSecurity | undefined {
  const { tls_ca: ca, tls_cert: cert, tls_key: key, token_file: tokenFile } = values;
  if (ca === '' && cert === '' && key === '' && tokenFile === '') return undefined;
  const paths = {
    ...(ca === '' || ca === SYSTEM_ROOTS ? {} : { ca }),
    ...(cert === '' ? {} : { cert }),
    ...(key === '' ? {} : { key }),
  };
  return new ClientSecurity({
    tls: Object.keys(paths).length === 0 ? null : paths,
    usesSystemRoots: ca === SYSTEM_ROOTS,
    ...(tokenFile === '' ? {} : { tokenFile }),
    allowsInsecure: values.insecure,
    clock: systemClock,
    logger,
  });
}
