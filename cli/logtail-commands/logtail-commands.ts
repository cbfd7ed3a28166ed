import type { Command } from '../run.js';

/**
 * What hview-logtail can do besides following a log, by its first word. One line each; loaded only when it is
 * asked for, as a program that follows logs has to be small.
 */
export const LOGTAIL_COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['check', async () => (await import('./check.js')).check],
  ['explain', async () => (await import('./explain.js')).explain],
  ['new-plugin', async () => (await import('./new-plugin.js')).newPlugin],
]);

/** The command that the first word names, which gets the words after it; null: the word names none. */
export async function logtailCommand(words: readonly string[]): Promise<Command | null> {
  const command = await LOGTAIL_COMMANDS.get(words[0] ?? '')?.();
  if (command === undefined) return null;
  return { ...command, run: (all, signal) => command.run(all.slice(1), signal) };
}
