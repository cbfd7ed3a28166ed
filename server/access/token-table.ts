import { createHash, timingSafeEqual } from 'node:crypto';
import type { GrantedRole } from '../../protocol/method-rules.js';
import type { Clock } from '../../runtime/clock.js';
import { HviewError, describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { TOKEN_HINT, isToken, readTokenLines } from '../../runtime/token-file.js';
import { WatchedFiles } from '../../runtime/watched-files.js';

/** Who holds a token, and what the holder may do. */
export interface TokenHolder {
  readonly name: string;
  readonly roles: ReadonlySet<GrantedRole>;
}

interface Entry extends TokenHolder {
  readonly digest: Buffer;
}

const ROLE_NAMES: Readonly<Record<string, readonly GrantedRole[]>> = {
  submit: ['submit'],
  query: ['query'],
  relay: ['relay'],
  all: ['submit', 'query', 'relay'],
};

/**
 * The tokens in a file: one a line, `name roles token`. Several may stand for one name, so that one can be
 * replaced while the other still counts. The file is read again when it changes; one that is no good leaves
 * the old tokens in use.
 */
export class TokenTable {
  readonly #file: string;
  readonly #logger: Logger;
  readonly #watched: WatchedFiles;
  #entries: readonly Entry[];

  /** Throws CREDENTIALS_INVALID that names the line. */
  constructor(file: string, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#file = file;
    this.#logger = logger;
    this.#entries = readEntries(file);
    this.#watched = new WatchedFiles({ paths: [file], clock, onChange: () => this.#reload() });
  }

  /** Takes the same time whichever token it is. */
  holder(token: string): TokenHolder | undefined {
    const digest = digestOf(token);
    let found: TokenHolder | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) found = entry;
    return found;
  }

  close(): void {
    this.#watched.close();
  }

  #reload(): void {
    try {
      this.#entries = readEntries(this.#file);
      this.#logger.info('the changed tokens are in use', { file: this.#file, tokens: this.#entries.length });
    } catch (error) {
      this.#logger.error('the changed token file cannot be used, the old tokens stay in use', {
        reason: describeError(error),
      });
    }
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function readEntries(file: string): Entry[] {
  const entries = readTokenLines(file).map((line) => readEntry(file, line));
  if (entries.length === 0) throw invalid(file, 'holds no token');
  return entries;
}

function readEntry(file: string, line: string): Entry {
  const [name = '', roleList = '', token = '', ...more] = line.split(/\s+/);
  // The line itself is a secret: what is told of it is its first word.
  const place = `${file}, line of "${isToken(name) ? '...' : name}"`;
  if (token === '' || more.length > 0) throw invalid(place, 'has to have three words: name, roles, token');
  const roles = new Set<GrantedRole>();
  for (const word of roleList.split(',')) {
    const granted = Object.hasOwn(ROLE_NAMES, word) ? ROLE_NAMES[word] : undefined;
    if (granted === undefined) throw invalid(place, `"${word}" is none of submit, query, relay, all`);
    for (const role of granted) roles.add(role);
  }
  if (!isToken(token)) throw invalid(place, 'the token is too short or has characters that it may not have');
  return { name, roles, digest: digestOf(token) };
}

function invalid(place: string, what: string): HviewError {
  return new HviewError('CREDENTIALS_INVALID', `${place}: ${what}`, {
    hint: `A line is: agents submit TOKEN. ${TOKEN_HINT}`,
  });
}
