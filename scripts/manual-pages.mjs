#!/usr/bin/env node
// Writes a manual page for each command to dist/man, or the folder that is named, from what --help says.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = process.argv[2] ?? join(root, 'dist', 'man');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const commands = [
  ['hview-server'],
  ['hview-logtail'],
  ['hview-logtail', 'check'],
  ['hview-logtail', 'explain'],
  ['hview-logtail', 'new-plugin'],
  ['hview-client'],
  ['hview-mkrc'],
];

mkdirSync(folder, { recursive: true });
for (const [program, ...words] of commands) {
  const file = join(root, 'dist', 'cli', `${program}.js`);
  const { status, stdout } = spawnSync(process.execPath, [file, ...words, '--help'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} --help ended with ${status}`);
  const name = [program, ...words].join('-');
  writeFileSync(join(folder, `${name}.1`), page(name, stdout));
}

/** A page in the language of man(7). */
function page(name, help) {
  const [usage, summary, ...paragraphs] = help.trimEnd().split('\n\n');
  // A title stands alone in its line; what has no title before it describes.
  const sections = [['Description', []]];
  for (const line of paragraphs.join('\n\n').split('\n')) {
    const title = /^([A-Z][a-z ]+):$/.exec(line)?.[1];
    if (title === undefined) sections.at(-1)[1].push(line);
    else sections.push([title, []]);
  }
  const synopsis = usage.replace(/^Usage:/, '      ').split('\n');
  return [
    `.TH ${name.toUpperCase()} 1 "" "hview ${version}" "User Commands"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(summary.slice(summary.indexOf(' - ') + 3))}`,
    '.SH SYNOPSIS',
    '.nf',
    ...synopsis.map((line) => escaped(line.trim())),
    '.fi',
    ...sections.flatMap(([title, lines]) => [`.SH ${title.toUpperCase()}`, ...body(title, lines)]),
    '',
  ].join('\n');
}

function body(title, lines) {
  if (title === 'Examples') return ['.nf', ...lines.map((line) => escaped(line.slice(2))), '.fi'];
  const made = [];
  lines.forEach((line, index) => {
    const indent = depth(line);
    const text = line.trim();
    const columns = /^(\S.*?) {2,}(\S.*)$/.exec(text);
    if (text === '') made.push('.PP');
    else if (title === 'Description' && text.startsWith('- '))
      made.push('.IP \\(bu 2', escaped(text.slice(2)));
    else if (title === 'Description') made.push(escaped(text));
    else if (indent === 2 && title === 'Plugins' && text.includes(': ')) made.push(`.SS ${escaped(text)}`);
    // A term, with what it means in the next line or after some spaces.
    else if (indent <= 4 && depth(lines[index + 1] ?? '') > indent + 2 && columns === null)
      made.push('.TP', `.B ${escaped(text)}`);
    else if (indent === 2 && columns !== null)
      made.push('.TP', `.B ${escaped(columns[1])}`, escaped(columns[2]));
    else made.push(escaped(text));
  });
  return made;
}

function depth(line) {
  return line.length - line.trimStart().length;
}

/** Nothing in the text is to be taken for an instruction. */
function escaped(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replace(/^\./, '\\&.');
}
