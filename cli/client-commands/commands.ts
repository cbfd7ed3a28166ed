import type { ClientCommand } from './command.js';
import { ping } from './ping.js';
import { dump, get, list } from './query.js';
import { me, report } from './report.js';
import { tail } from './tail.js';
import { top } from './top.js';
import { watch } from './watch.js';
import { why } from './why.js';

/** Every command word, in the order of the command list. `help` and `exit` belong to the shell. */
export const CLIENT_COMMANDS: readonly ClientCommand[] = [
  ...[me, report, get, list, dump, tail, ping],
  ...[why, watch, top],
];

/** The text that `help` prints. */
export const COMMAND_LIST = [
  'Command list:',
  ...CLIENT_COMMANDS.map(({ usage }) => `\t ${usage}`),
  '\t help',
  '\t exit',
  '',
].join('\n');

/** What --help says of the commands. */
export const COMMAND_MANUAL = [
  ...CLIENT_COMMANDS,
  { usage: 'help', summary: 'in a session: the list of commands' },
  { usage: 'exit', summary: 'in a session: end it' },
]
  .map(({ usage, summary }) => `${usage.trim()}\n      ${summary}`)
  .join('\n');
