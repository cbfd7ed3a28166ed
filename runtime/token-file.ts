import { readFileSync, statSync } from 'node:fs';
import { HviewError, fileError } from './errors.js';

/** What a token may consist of, as in RFC 6750; shorter ones could be guessed. */
const TOKEN = /^[A-Za-z0-9._~+/-]{16,512}=*$/;

/** Bits of a file's mode that let users beyond its owner and group in. */
const OTHERS = 0o007;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * The lines of a file with tokens, without comments and empty ones. Throws CREDENTIALS_INVALID when it
 * cannot be read, or when every user of the machine can.
 */
export function readTokenLines(file: string): string[] {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(file, 'utf8');
    ({ mode } = statSync(file));
  } catch (error) {
    throw fileError('CREDENTIALS_INVALID', 'cannot read', file, error);
  }
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new HviewError('CREDENTIALS_INVALID', `${file} is open to every user of this machine`, {
      hint: `Keep it to its owner: chmod 600 ${file}`,
    });
  }
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * The one token that a program sends: the last word of the file's first line, so that a line of the
 * aggregator's file does as well. Throws CREDENTIALS_INVALID.
 */
export function readToken(file: string): string {
  const token = readTokenLines(file)[0]?.split(/\s+/).at(-1) ?? '';
  if (isToken(token)) return token;
  throw new HviewError('CREDENTIALS_INVALID', `${file} holds no token`, { hint: TOKEN_HINT });
}

/** How to get a token that counts. */
export const TOKEN_HINT =
  'A token has 16 characters or more, out of letters, digits and ._~+/-; openssl rand -hex 32 makes one.';
