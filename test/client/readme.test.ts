import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { PROBLEM_KINDS } from '../../client/problem.js';
import { packageFile } from '../../runtime/package-root.js';

const readme = readFileSync(packageFile('client', 'README.md'), 'utf8');

/** The rows of the table with that head: name and text. */
function rowsOf(head: string): [string, string][] {
  const table = readme.slice(readme.indexOf(`| ${head} | |\n`)).split('\n\n')[0] ?? '';
  return [...table.matchAll(/^\| `([\w-]+)[^`]*` \| (.+) \|$/gm)].map(([, name = '', text = '']) => [
    name,
    text,
  ]);
}

/** Names of what an interface of the client holds. */
function membersOf(file: string, name: string): string[] {
  const text = readFileSync(packageFile('client', file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return source.statements
    .filter((statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name)
    .flatMap((statement) =>
      (statement as ts.InterfaceDeclaration).members.map((member) => member.name?.getText(source) ?? ''),
    );
}

describe("the client's README", () => {
  it('has every option of connect, and no other', () => {
    expect(
      rowsOf('Option')
        .map(([name]) => name)
        .sort(),
    ).toEqual(membersOf('connect-options.ts', 'ConnectOptions').sort());
  });

  it('has every method of a reporter, and no other', () => {
    expect(
      rowsOf('Method')
        .map(([name]) => name)
        .sort(),
    ).toEqual(membersOf('health-reporter.ts', 'HealthReporter').sort());
  });

  it('has every kind of problem with its meaning, and no other', () => {
    expect(Object.fromEntries(rowsOf('Kind of problem'))).toEqual(PROBLEM_KINDS);
  });
});
