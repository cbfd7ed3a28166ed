import { status as GrpcStatus } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import type { ErrorCode } from '../runtime/errors.js';
import { HviewError, describeError } from '../runtime/errors.js';

/** Our codes as gRPC's, for answers of the server. What is not listed answers INTERNAL. */
const TO_GRPC: Partial<Record<ErrorCode, GrpcStatus>> = {
  NOT_FOUND: GrpcStatus.NOT_FOUND,
  HISTORY_GONE: GrpcStatus.OUT_OF_RANGE,
  REQUEST_INVALID: GrpcStatus.INVALID_ARGUMENT,
  DATABASE_FAILED: GrpcStatus.UNAVAILABLE,
  TIMEOUT: GrpcStatus.DEADLINE_EXCEEDED,
  UNREACHABLE: GrpcStatus.UNAVAILABLE,
  UNAUTHENTICATED: GrpcStatus.UNAUTHENTICATED,
  PERMISSION_DENIED: GrpcStatus.PERMISSION_DENIED,
  OVERLOADED: GrpcStatus.RESOURCE_EXHAUSTED,
  LIMIT_REACHED: GrpcStatus.RESOURCE_EXHAUSTED,
  UNSUPPORTED: GrpcStatus.UNIMPLEMENTED,
};

/** Methods of hview.v1, which an aggregator of another make or an older release lacks: what it cannot do, and what then. */
const BATCHES = { lack: 'takes no batches', hint: 'Send single reports there.' } as const;
const PEERING = {
  lack: 'takes no batches of other aggregators',
  hint: 'It is the original or an older release: single reports go there.',
} as const;
const REASONS = {
  lack: 'tells no reasons for its verdicts',
  hint: 'It is the original or an older release. It can be asked: get inference SUBJECT, get panorama SUBJECT.',
} as const;
const BEYOND_IDL: Readonly<Record<string, { readonly lack: string; readonly hint: string }>> = {
  ...{ Describe: BATCHES, SubmitBatch: BATCHES },
  ...{ Greet: PEERING, Learn: PEERING, LearnStream: PEERING, Subscribe: PEERING, Compare: PEERING },
  ...{ Explain: REASONS, List: REASONS, History: REASONS, Watch: REASONS },
};

export function toGrpcError(error: unknown): { code: GrpcStatus; details: string } {
  const known = HviewError.from(error);
  return { code: TO_GRPC[known.code] ?? GrpcStatus.INTERNAL, details: known.message };
}

/** gRPC's codes as ours, for a caller. `target` is the address that was called. */
export function fromGrpcError(error: ServiceError, method: string, target: string): HviewError {
  const cause = { cause: error };
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the rest means the same to a caller
  switch (error.code) {
    case GrpcStatus.NOT_FOUND:
      return new HviewError('NOT_FOUND', error.details, cause);
    case GrpcStatus.INVALID_ARGUMENT:
      return new HviewError('REQUEST_INVALID', error.details, cause);
    // Other implementations answer what is not there with UNKNOWN and the same words.
    case GrpcStatus.UNKNOWN:
      return new HviewError(
        /^(?:No (?:report|panorama|view) for |inference does not exist)/.test(error.details)
          ? 'NOT_FOUND'
          : 'REMOTE_FAILED',
        error.details,
        cause,
      );
    case GrpcStatus.DEADLINE_EXCEEDED:
      return timeout(method, target, cause);
    case GrpcStatus.UNAVAILABLE:
      return new HviewError(
        'UNREACHABLE',
        `cannot reach the aggregator at ${target}: ${reasonIn(error.details)}`,
        {
          ...cause,
          hint: unreachableHint(error.details),
        },
      );
    case GrpcStatus.UNAUTHENTICATED:
      return new HviewError('UNAUTHENTICATED', `${target} does not know who calls: ${error.details}`, {
        ...cause,
        hint: 'Give the certificate with -tls_cert and -tls_key, or the token with -token_file.',
      });
    case GrpcStatus.PERMISSION_DENIED:
      return new HviewError('PERMISSION_DENIED', `${target} does not allow ${method}: ${error.details}`, {
        ...cause,
        hint: "Who may do what stands in the aggregator's configuration under Access.",
      });
    case GrpcStatus.CANCELLED:
      return new HviewError('UNREACHABLE', `the call ${method} to ${target} was cancelled`, cause);
    case GrpcStatus.RESOURCE_EXHAUSTED:
      return exhausted(error, method, target);
    case GrpcStatus.OUT_OF_RANGE:
      return new HviewError('HISTORY_GONE', error.details, {
        ...cause,
        hint: 'Begin with what stands now.',
      });
    case GrpcStatus.UNIMPLEMENTED: {
      const beyond = BEYOND_IDL[method];
      if (beyond !== undefined) {
        return new HviewError('UNSUPPORTED', `${target} ${beyond.lack}: it does not know ${method}`, {
          ...cause,
          hint: beyond.hint,
        });
      }
      return new HviewError('REMOTE_FAILED', `${target} does not know the method ${method}`, {
        ...cause,
        hint: 'Is that address an aggregator?',
      });
    }
    default:
      return new HviewError('REMOTE_FAILED', `${method} at ${target} failed: ${describeError(error)}`, cause);
  }
}

/** No answer came in time. */
export function timeout(
  method: string,
  target: string,
  options: { readonly cause?: unknown } = {},
): HviewError {
  return new HviewError('TIMEOUT', `${target} did not answer ${method} in time`, {
    ...options,
    hint: 'It may be overloaded or cut off; try again.',
  });
}

/** gRPC has the same status for "too much just now", which passes, and for "too large" or "too many", which do not. */
function exhausted(error: ServiceError, method: string, target: string): HviewError {
  const cause = { cause: error };
  // To send it again would not help, so that to the caller it is a refusal like any other.
  if (/^limit of /.test(error.details)) return new HviewError('REQUEST_INVALID', error.details, cause);
  if (!/larger than/.test(error.details)) {
    return new HviewError('OVERLOADED', `${target} is overloaded: ${error.details}`, {
      ...cause,
      hint: 'Nothing was taken; send it again later.',
    });
  }
  // Only what one asks for can be larger than what one asks.
  const isReply = /^(?:Get|Dump)/.test(method);
  return new HviewError(
    isReply ? 'REMOTE_FAILED' : 'REQUEST_INVALID',
    `the ${isReply ? 'answer to' : 'request'} ${method} is too large for ${isReply ? 'this program' : target}: ${error.details}`,
    cause,
  );
}

/** What the system said, out of gRPC's account of all it tried; else the whole account. */
function reasonIn(details: string): string {
  return /Last error: (?:Error: )?(.+?)\.? Resolution note:/s.exec(details)?.[1] ?? details;
}

/** What goes wrong when one side speaks TLS and the other does not, or they do not trust each other. */
function unreachableHint(details: string): string {
  if (/certificate|altnames|self-signed|issuer/i.test(details)) {
    return 'Its certificate is not accepted. Is -tls_ca its authority, and does the certificate hold the name in -server?';
  }
  if (
    /ECONNRESET|EPROTO|wrong version number|packet length|socket hang up|before secure TLS|Connection dropped|Failed to connect/.test(
      details,
    )
  ) {
    return 'Does one side use TLS and the other not? With -tls_ca this side does.';
  }
  return 'Is hview-server running there? Name another one with -server host:port.';
}
