import { sleep } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import type { ClientCommand } from './command.js';
import { dump, get } from './query.js';

export const tail: ClientCommand = {
  word: 'tail',
  usage: 'tail seconds [get|dump]...',
  summary: 'repeat a get or dump',
  run: async (session, words) => {
    const [secondsText, word, ...rest] = words;
    const seconds = Number(secondsText);
    if (!Number.isInteger(seconds) || seconds <= 0) {
      throw new HviewError('USAGE', 'Error, frequency must be a positive integer', {
        hint: 'For example: tail 2 dump inference',
      });
    }
    const command = [get, dump].find((candidate) => candidate.word === word);
    if (command === undefined) {
      throw new HviewError('USAGE', `tail repeats get and dump, not ${word ?? 'nothing'}`, {
        hint: 'For example: tail 2 dump inference',
      });
    }
    while (!session.signal.aborted) {
      await command.run(session, rest);
      await sleep(session.clock, seconds * 1000, session.signal);
    }
  },
};
