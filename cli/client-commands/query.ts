import { HviewError } from '../../runtime/errors.js';
import {
  compareNaturally,
  formatGoTime,
  formatInference,
  formatPanorama,
  formatReport,
  formatView,
} from '../text-format.js';
import type { ClientCommand, Session } from './command.js';

/** The entries of a map by subject, `peer@2` before `peer@10`. */
function inOrder<Value>(bySubject: ReadonlyMap<string, Value>): (readonly [string, Value])[] {
  return [...bySubject].sort(([a], [b]) => compareNaturally(a, b));
}

async function getText({ service }: Session, words: readonly string[]): Promise<string> {
  const [what, first, second, ...rest] = words;
  if (what === 'view' && first !== undefined && second !== undefined && rest.length === 0) {
    return formatView(await service.getView(first, second));
  }
  if (first !== undefined && second === undefined) {
    if (what === 'report') return `${formatReport(await service.getLatestReport(first))}\n`;
    if (what === 'panorama') return formatPanorama(await service.getPanorama(first));
    if (what === 'inference') return `${formatInference(await service.getInference(first))}\n`;
  }
  throw new HviewError('USAGE', `get ${words.join(' ')}: not a question`, {
    hint: 'Ask get report|inference|panorama SUBJECT, or get view OBSERVER SUBJECT.',
  });
}

export const get: ClientCommand = {
  word: 'get',
  usage: 'get [report|view|inference|panorama] [observer] subject ',
  summary:
    'the newest report on a subject, its inference or its panorama; get view OBSERVER SUBJECT: one view of it',
  run: async (session, words) => session.print(await getText(session, words)),
};

export const list: ClientCommand = {
  word: 'list',
  usage: 'list [subject]',
  summary: 'every subject that is observed, with the time of its newest observation',
  run: async (session, words) => {
    if (words.length !== 1 || words[0] !== 'subject') {
      throw new HviewError('USAGE', `list ${words.join(' ')}: nothing to list`, {
        hint: 'Type list subject.',
      });
    }
    const subjects = await session.service.getObservedSubjects();
    for (const [subject, time] of inOrder(subjects)) session.print(`${subject}\t${formatGoTime(time)}\n`);
  },
};

export const dump: ClientCommand = {
  word: 'dump',
  usage: 'dump [inference|panorama]',
  summary: 'the inferences, or the panoramas, of all subjects',
  run: async (session, words) => {
    const what = words.length === 1 ? words[0] : undefined;
    if (what === 'inference') {
      for (const [, inference] of inOrder(await session.service.dumpInference())) {
        session.print(`${formatInference(inference)}\n`);
      }
    } else if (what === 'panorama') {
      for (const [subject, panorama] of inOrder(await session.service.dumpPanorama())) {
        session.print(`=============${subject}=============\n${formatPanorama(panorama)}`);
      }
    } else {
      throw new HviewError('USAGE', `dump ${words.join(' ')}: nothing to dump`, {
        hint: 'Type dump inference or dump panorama.',
      });
    }
  },
};
