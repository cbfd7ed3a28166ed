import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import ts from 'typescript';
import { CLIENT_COMMANDS } from '../../cli/client-commands/commands.js';
import { LOGTAIL_COMMANDS } from '../../cli/logtail-commands/logtail-commands.js';
import { SECTION_TITLES, formatManual } from '../../cli/manual.js';
import { packageFile } from '../../runtime/package-root.js';
import type { CommandName } from '../support/spawn-command.js';
import { endCommands, runCommandLine } from '../support/spawn-command.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

afterEach(endCommands);

/** What a command tells of itself, with the source that says which flags it has. */
const MANUALS: readonly [name: CommandName, words: string[], source: string, titles: string[]][] = [
  ['hview-server', [], 'server-main.ts', ['Files', 'Signals', 'Exit codes', 'Examples', 'See also']],
  ['hview-logtail', [], 'logtail-flags.ts', SECTION_TITLES.slice()],
  ['hview-client', [], 'hview-client.ts', ['Commands', 'Exit codes', 'Examples', 'See also']],
  ['hview-mkrc', [], 'hview-mkrc.ts', ['Exit codes', 'Examples', 'See also']],
  ['hview-logtail', ['check'], 'logtail-commands/check.ts', ['Exit codes', 'Examples', 'See also']],
  ['hview-logtail', ['explain'], 'logtail-commands/explain.ts', ['Exit codes', 'Examples', 'See also']],
  ['hview-logtail', ['new-plugin'], 'logtail-commands/new-plugin.ts', ['Exit codes', 'Examples', 'See also']],
];

/** Names of the flags in the table of a source, and in the tables that it takes in. */
function flagsOf(path: string): string[] {
  return ['FLAGS', 'LOGTAIL_FLAGS'].flatMap((table) => flagsOfTable(path, table));
}

function flagsOfTable(path: string, table: string): string[] {
  const text = readFileSync(packageFile('cli', ...path.split('/')), 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const names: string[] = [];
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (name.getText(source) !== table || initializer === undefined) continue;
      const object = literalOf(initializer);
      for (const property of object?.properties ?? []) {
        if (ts.isSpreadAssignment(property))
          names.push(...flagsAnywhere(property.expression.getText(source)));
        else names.push(property.name.getText(source));
      }
    }
  }
  return names;
}

function literalOf(node: ts.Expression): ts.ObjectLiteralExpression | null {
  if (ts.isObjectLiteralExpression(node)) return node;
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return literalOf(node.expression);
  return null;
}

function flagsAnywhere(table: string): string[] {
  return readdirSync(packageFile('cli'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => flagsOfTable(file.replaceAll('\\', '/'), table));
}

describe.each(MANUALS)('the manual of %s %j', (name, words, source, titles) => {
  it('has every part in its place, every flag, and lines that fit', async () => {
    const { stdout } = await runCommandLine(name, [...words, '--help']);
    const found = [...stdout.matchAll(/^([A-Z][a-z ]+):$/gm)].map(([, title]) => title);
    expect(found).toEqual(['Options', ...titles]);
    const flags = flagsOf(source);
    expect(flags.length).toBeGreaterThan(0);
    const told = [...stdout.matchAll(/^ {2}-(\w+)/gm)].map(([, flag]) => flag);
    expect(told).toEqual([...flags, 'help', 'version']);
    expect(stdout.split('\n').filter((line) => line.length > 112)).toEqual([]);
  });
});

describe('the manual', () => {
  it('of hview-client has every command word', async () => {
    const { stdout } = await runCommandLine('hview-client', ['--help']);
    for (const { usage, summary } of CLIENT_COMMANDS) {
      expect(stdout).toContain(`\n  ${usage.trim()}\n        ${summary}\n`);
    }
  });

  it('of hview-logtail has every command word', async () => {
    const { stdout } = await runCommandLine('hview-logtail', ['--help']);
    for (const word of LOGTAIL_COMMANDS.keys())
      expect(stdout).toMatch(new RegExp(`^ {2}${word} {2,}\\w`, 'm'));
  });

  it('stands in one order, whatever the order in which it is written', () => {
    const text = formatManual({
      name: 'x',
      summary: 'does it',
      usage: ['a', 'b'],
      description: '\nWords.\n',
      flags: { f: { kind: 'text', default: '', placeholder: 'file', help: 'A file.' } },
      sections: { Examples: 'x a\n\nx b\n', 'Exit codes': '0  done' },
    });
    expect(text).toBe(
      'Usage: x a\n       x b\n\nx - does it\n\nWords.\n\nOptions:\n  -f file\n        A file.\n' +
        '  -help\n        Print this, and end.\n  -version\n        Print the version, and end.\n\n' +
        'Exit codes:\n  0  done\n\nExamples:\n  x a\n\n  x b\n',
    );
  });
});
