import { HviewError } from '../../runtime/errors.js';
import { changeJson, verdictJson } from '../../server/http/verdict-json.js';
import { whyText } from '../verdict-format/why-text.js';
import type { ClientCommand } from './command.js';
import { verdictWords } from './verdict-words.js';

/** The newest changes that are shown. */
const SHOWN_CHANGES = 5;

export const why: ClientCommand = {
  word: 'why',
  usage: 'why subject [-all] [-json]',
  summary: 'the verdict on a subject, with the lines that speak for it; -all: of metrics that are well, too',
  run: async ({ verdicts, clock, paint, print }, words) => {
    const { subjects, isJson, isComplete } = verdictWords('why', words, ['all', 'json']);
    const [subject, ...more] = subjects;
    if (subject === undefined || more.length > 0) {
      throw new HviewError('USAGE', 'why needs one subject', { hint: 'For example: why peer@1' });
    }
    const verdict = await verdicts.explain(subject);
    const history = await verdicts.history({ subject, limit: SHOWN_CHANGES });
    if (isJson) {
      const text = JSON.stringify({ ...verdictJson(verdict), history: history.map(changeJson) }, null, 2);
      print(`${text}\n`);
    } else print(whyText(verdict, history, { nowMs: clock.now(), paint, isComplete }));
  },
};
