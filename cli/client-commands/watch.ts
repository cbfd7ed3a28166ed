import { changeJson } from '../../server/http/verdict-json.js';
import { changeText } from '../verdict-format/change-text.js';
import type { ClientCommand } from './command.js';
import { followVerdicts } from './follow-verdicts.js';
import { verdictWords } from './verdict-words.js';

export const watch: ClientCommand = {
  word: 'watch',
  usage: 'watch [subject...] [-json]',
  summary: 'a line for each change of a verdict, of these subjects or all, until a signal',
  run: async ({ verdicts, clock, random, signal, paint, print, warn }, words) => {
    const { subjects, isJson } = verdictWords('watch', words, ['json']);
    await followVerdicts({
      ...{ verdicts, clock, signal, random, subjects },
      onEvent: ({ change }) => {
        if (change !== null)
          print(`${isJson ? JSON.stringify(changeJson(change)) : changeText(change, { paint })}\n`);
      },
      onTrouble: ({ message }) => warn(`${message}; trying again\n`),
      onResumed: (isGap) =>
        warn(
          isGap
            ? 'connected again; what changed in between is no longer known, see top\n'
            : 'connected again; nothing was missed\n',
        ),
    });
  },
};
