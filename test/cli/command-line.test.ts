import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { packageVersion } from '../../runtime/package-root.js';
import type { CommandName } from '../support/spawn-command.js';
import { endCommands, runCommandLine } from '../support/spawn-command.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

afterEach(endCommands);

const COMMANDS: readonly CommandName[] = ['hview-server', 'hview-logtail', 'hview-client', 'hview-mkrc'];

describe.each(COMMANDS)('the command line of %s', (name) => {
  it.each(['--help', '-help', '-h'])(
    'explains itself on standard output when asked with %s',
    async (flag) => {
      const { code, stdout, stderr } = await runCommandLine(name, [flag]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: ${name} (?:.+\\n)+\\n${name} - `));
    },
  );

  it('tells its version', async () => {
    expect(await runCommandLine(name, ['--version'])).toEqual({
      code: 0,
      stdout: `${name} ${packageVersion()}\n`,
      stderr: '',
    });
  });

  it('refuses a flag that it does not know', async () => {
    const { code, stdout, stderr } = await runCommandLine(name, ['-nosuch']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `${name}: unknown flag -nosuch\nSee --help for the flags there are.\nTry ${name} --help.\n`,
    );
  });
});

describe('a flag with a wrong value', () => {
  it.each<[CommandName, string[], string]>([
    ['hview-server', ['-port_start', 'low'], 'flag -port_start: "low" is not a number'],
    ['hview-server', ['-log_level', 'loud', 'pano0'], 'flag -log_level: "loud" is no level'],
    ['hview-logtail', ['-stale', 'abc'], 'flag -stale: "abc" is not a number'],
    ['hview-logtail', ['-report=maybe'], 'flag -report: "maybe" is neither true nor false'],
    ['hview-logtail', ['-log'], 'flag -log needs a value'],
    ['hview-client', ['-timeout', 'soon'], 'flag -timeout: "soon" is not a number'],
    ['hview-mkrc', ['-nserver', '1.5'], 'flag -nserver: "1.5" is not a whole number'],
  ])('is named by %s %j', async (name, words, reason) => {
    const { code, stderr } = await runCommandLine(name, words);
    expect(code).toBe(1);
    expect(stderr.split('\n')[0]).toBe(`${name}: ${reason}`);
  });
});
