import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFile, packageRoot } from '../../runtime/package-root.js';
import { endCommands, runCommandLine } from '../support/spawn-command.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

/** What stands for the folder /tmp of the guide, so that nothing lies there before or after. */
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-guide-'));
});
afterAll(async () => {
  await endCommands();
  rmSync(folder, { recursive: true });
});

/** A command of the guide and the lines that it shows; `...` stands for any others. */
interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

function shownIn(text: string): Shown[] {
  const blocks = [...text.matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...output] = part.trimEnd().split('\n');
        return { command, output };
      }),
  );
}

/** Blanks separate words, except within single quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

const guide =
  readFileSync(packageFile('plugins', 'README.md'), 'utf8').split('## The parts of a plugin')[0] ?? '';
const shown = shownIn(guide);

describe('the guide', () => {
  it('shows commands', () => {
    expect(shown.length).toBeGreaterThan(5);
  });

  it('has commands that work as written and print what it shows, in that order', async () => {
    // One after the other: later ones use what the first one writes.
    for (const { command, output } of shown) {
      const here = (text: string): string => text.replaceAll('/tmp', folder);
      const [program, ...words] = wordsOf(command).map(here);
      expect(program).toBe('hview-logtail');
      const result = await runCommandLine('hview-logtail', words, { cwd: packageRoot() });
      expect({ command, code: result.code }).toEqual({ command, code: 0 });
      const lines = result.stdout.split('\n');
      let from = 0;
      for (const line of output.filter((one) => one !== '...').map(here)) {
        const at = lines.indexOf(line, from);
        expect({ command, line, isPrinted: at >= 0 }).toEqual({ command, line, isPrinted: true });
        from = at + 1;
      }
    }
  });
});
