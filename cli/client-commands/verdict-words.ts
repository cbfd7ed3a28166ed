import { HviewError } from '../../runtime/errors.js';

/** The words of a command about verdicts. */
export interface VerdictWords {
  readonly subjects: readonly string[];
  readonly isJson: boolean;
  readonly isComplete: boolean;
}

/** Options may stand before and behind the subjects. Throws USAGE for one that the command does not have. */
export function verdictWords(
  command: string,
  words: readonly string[],
  options: readonly ('json' | 'all')[],
): VerdictWords {
  const isOption = (word: string): boolean => /^--?[a-z]/.test(word);
  const given = words.filter(isOption).map((word) => word.replace(/^--?/, ''));
  for (const option of given) {
    if ((options as readonly string[]).includes(option)) continue;
    throw new HviewError('USAGE', `${command} has no option -${option}`, {
      hint: options.length === 0 ? 'It has none.' : `It has ${options.map((name) => `-${name}`).join(', ')}.`,
    });
  }
  return {
    subjects: words.filter((word) => !isOption(word)),
    isJson: given.includes('json'),
    isComplete: given.includes('all'),
  };
}
