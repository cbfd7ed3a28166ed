import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { Logger } from '../runtime/logger.js';
import { describeError } from '../runtime/errors.js';

/** What `-state` says for an agent that is to remember nothing. */
export const NO_STATE = 'none';

/**
 * Where an agent keeps its state: the folder that is named, none, or without a name one of its own for
 * what it reads (`subject`: an absolute path), below `/var/lib/hview` for root and
 * `~/.local/state/hview` for others. Null when there is none, or the usual place cannot be written.
 */
export function stateFolder(named: string, subject: string, logger: Logger): string | null {
  if (named === NO_STATE) return null;
  if (named !== '') return named;
  const mark = createHash('sha256').update(subject).digest('hex').slice(0, 12);
  const name = `${basename(subject).replaceAll(/[^\w.-]/g, '_')}-${mark}`;
  const folder = join(usualPlace(), 'logtail', name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    logger.warn('nothing is remembered over a restart: the usual place for state cannot be written', {
      folder,
      reason: describeError(error),
      hint: 'Name a folder with -state DIR.',
    });
    return null;
  }
}

function usualPlace(): string {
  const base = process.env['XDG_STATE_HOME'];
  if (base !== undefined && base !== '') return join(base, 'hview');
  return process.getuid?.() === 0 ? '/var/lib/hview' : join(homedir(), '.local', 'state', 'hview');
}
