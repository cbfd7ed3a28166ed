import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLED_PLUGINS } from '../../plugins/registry.js';
import { HviewError, fileError } from '../../runtime/errors.js';
import { parseFlags, type FlagTable } from '../../runtime/flags.js';
import { packageFile } from '../../runtime/package-root.js';
import { formatManual } from '../manual.js';
import { InfoRequest, type Command, type ExitCode } from '../run.js';

const FLAGS = {
  dir: { kind: 'text', default: '.', placeholder: 'folder', help: 'Where the new folder NAME is made.' },
} as const satisfies FlagTable;

const HELP = formatManual({
  name: 'hview-logtail new-plugin',
  summary: 'writes a small plugin of your own that works',
  usage: ['[-dir FOLDER] NAME'],
  description: `
Writes a plugin into a new folder NAME: the module, rules with examples, a sample log, a test that
passes at once (npm test), and a README that says what to change. It overwrites nothing.`,
  flags: FLAGS,
  sections: {
    'Exit codes': '0  done\n1  wrong use, or the folder cannot be written',
    Examples: 'hview-logtail new-plugin my-queue && cd my-queue && npm test',
    'See also': 'hview-logtail(1); plugins/README.md of the package',
  },
});

/** What the template is called, in the spellings that occur in it. */
const TEMPLATE = 'my-system';

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

export const newPlugin: Command = { name: 'hview-logtail new-plugin', help: HELP, run };

function run(words: readonly string[]): ExitCode {
  const first = parseFlags(FLAGS, words);
  const [name] = first.rest;
  // -dir may stand on either side of the name.
  const second = parseFlags(FLAGS, first.rest.slice(1));
  const request = first.request ?? second.request;
  if (request !== null) throw new InfoRequest(request);
  const folder = second.given.has('dir') ? second.values.dir : first.values.dir;
  if (name === undefined) throw new HviewError('USAGE', 'no name is given');
  if (second.rest.length > 0) throw new HviewError('USAGE', `unexpected word "${second.rest[0] ?? ''}"`);
  checkName(name);
  const target = join(folder, name);
  if (existsSync(target)) {
    throw new HviewError('FILE_UNWRITABLE', `${target} is there already`, {
      hint: 'Choose another name, or another folder with -dir.',
    });
  }
  const files = writeFiles(target, name);
  process.stdout.write(
    `${files.map((file) => join(target, file)).join('\n')}\n\n` +
      `Next: cd ${target} && npm test, and read README.md there.\n`,
  );
  return 0;
}

function checkName(name: string): void {
  const hint = 'Take small letters, digits and single hyphens, such as my-queue.';
  if (!NAME.test(name) || name.length > 60) {
    throw new HviewError('USAGE', `"${name}" cannot be the name of a plugin`, { hint });
  }
  if (BUNDLED_PLUGINS.some((factory) => factory.name === name)) {
    throw new HviewError('USAGE', `a plugin named ${name} comes with hview`, {
      hint: 'Choose another name.',
    });
  }
}

/** Copies the template under the new name; the names of the files, in order. */
function writeFiles(target: string, name: string): readonly string[] {
  const template = packageFile('plugins', 'template');
  const renamed = (text: string): string =>
    text
      .replaceAll(TEMPLATE, name)
      .replaceAll('My System', titleOf(name, ' '))
      .replaceAll('MySystem', titleOf(name, ''));
  try {
    mkdirSync(target, { recursive: true });
    return readdirSync(template)
      .sort()
      .map((file) => {
        const text = renamed(readFileSync(join(template, file), 'utf8'));
        // x: never over something that somebody else has put there meanwhile.
        writeFileSync(join(target, renamed(file)), text, { flag: 'wx' });
        return renamed(file);
      });
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'cannot write the plugin to', target, error);
  }
}

/** `my-system` → `My System`. */
function titleOf(name: string, separator: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(separator);
}
