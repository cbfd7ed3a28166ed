import type { Command } from '../run.js';
import { check } from './check.js';
import { explain } from './explain.js';
import { newPlugin } from './new-plugin.js';

/** What hview-logtail can do besides following a log, by its first word. One line each. */
export const LOGTAIL_COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['check', check],
  ['explain', explain],
  ['new-plugin', newPlugin],
]);

/** The command that the first word names, which gets the words after it; null: the word names none. */
export function logtailCommand(words: readonly string[]): Command | null {
  const command = LOGTAIL_COMMANDS.get(words[0] ?? '');
  if (command === undefined) return null;
  return { ...command, run: (all, signal) => command.run(all.slice(1), signal) };
}
