/** Every code an HviewError can carry, with what it means to the person who reads it. */
export const ERROR_CODES = {
  USAGE: 'a command line is wrong',
  CONFIG_INVALID: 'a configuration file cannot be used',
  FILTER_INVALID: 'a filter file cannot be used',
  FILE_UNREADABLE: 'a file cannot be read',
  STATE_UNUSABLE: "the agent's state folder is in use or cannot be understood",
  FILE_UNWRITABLE: 'a file or folder cannot be written',
  DATABASE_FAILED: 'the journal cannot be opened or written',
  ADDRESS_INVALID: 'a host:port cannot be understood',
  ADDRESS_IN_USE: 'another program listens on the address',
  EXPOSED: 'others than this machine could reach it, and it is not protected',
  CREDENTIALS_INVALID: 'a certificate, a key or a token file cannot be used',
  UNREACHABLE: 'the aggregator cannot be reached',
  UNAUTHENTICATED: 'the aggregator does not know who calls',
  PERMISSION_DENIED: 'the aggregator does not let this caller do that',
  TIMEOUT: 'an answer did not come in time',
  NOT_FOUND: 'what was asked for is not there',
  HISTORY_GONE: 'what came in between is no longer kept',
  REQUEST_INVALID: 'a request was refused as malformed',
  REMOTE_FAILED: 'the aggregator failed to answer',
  OVERLOADED: 'the aggregator has too much to do just now',
  LIMIT_REACHED: 'the aggregator has no room for more of that',
  UNSUPPORTED: 'the aggregator is too old for this, or of another make',
  STOP_FAILED: 'something could not be stopped cleanly',
  INTERNAL: 'a defect in hview',
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** The next step for the person who reads it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * The one error class: a stable code, a message that names the offending value and its place, and
 * where possible a hint. A plain Error that reaches the top is a defect of ours.
 */
export class HviewError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'HviewError';
    this.code = code;
    this.hint = details.hint;
  }

  /** Anything thrown as an HviewError; what is none yet becomes INTERNAL with the original as cause. */
  static from(error: unknown): HviewError {
    if (error instanceof HviewError) return error;
    return new HviewError('INTERNAL', describeError(error), { cause: error });
  }
}

/** The text of anything thrown. */
export function describeError(error: unknown): string {
  return isErrorLike(error) ? error.message : String(error);
}

/** The `code` of a Node system error (`ENOENT`, ...), else undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!isErrorLike(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** By shape, as Node's own errors are instances of another Error where code runs in a context of its own. */
function isErrorLike(error: unknown): error is { readonly message: string } {
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  );
}

/** Why a file operation failed, in words: `there is no such file`. */
export function systemErrorReason(error: unknown): string {
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of its path is not a folder',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
  };
  return reasons[systemErrorCode(error) ?? ''] ?? describeError(error);
}

/** A failed file operation in words a person can act on. */
export function fileError(
  code: 'FILE_UNREADABLE' | 'FILE_UNWRITABLE' | 'CONFIG_INVALID' | 'FILTER_INVALID' | 'CREDENTIALS_INVALID',
  what: string,
  path: string,
  error: unknown,
): HviewError {
  return new HviewError(code, `${what} ${path}: ${systemErrorReason(error)}`, { cause: error });
}
