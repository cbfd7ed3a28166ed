#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { formatConfig } from '../server/config.js';
import { HviewError, fileError } from '../runtime/errors.js';
import type { FlagTable } from '../runtime/flags.js';
import { parseFlags } from '../runtime/flags.js';
import { formatManual } from './manual.js';
import { InfoRequest, runCommand } from './run.js';
import type { ExitCode } from './run.js';

const FLAGS = {
  id: {
    kind: 'text',
    default: '',
    placeholder: 'name',
    help: 'Name of the aggregator that the configuration is for; must be one of the peers. Required.',
  },
  nserver: { kind: 'integer', default: 3, placeholder: 'count', help: 'How many aggregators there are.' },
  namep: {
    kind: 'text',
    default: 'DHS_%d',
    placeholder: 'pattern',
    help: 'Pattern of their names; %d becomes the number.',
  },
  namestart: { kind: 'integer', default: 0, placeholder: 'number', help: 'The first number in the names.' },
  addressp: {
    kind: 'text',
    default: '',
    placeholder: 'pattern',
    help: 'Pattern of their hosts, such as 10.10.2.%d. Without it all run on localhost.',
  },
  sidstart: { kind: 'integer', default: 0, placeholder: 'number', help: 'The first number in the hosts.' },
  localhost: { kind: 'switch', default: true, help: 'Accepted for compatibility; -addressp decides.' },
  fix_port: {
    kind: 'integer',
    default: -1,
    placeholder: 'port',
    help: 'The port of every aggregator. Without it a random one, counted up from one to the next.',
  },
  port_start: { kind: 'integer', default: 10000, placeholder: 'port', help: 'Random ports begin here.' },
  port_end: { kind: 'integer', default: 30000, placeholder: 'port', help: 'Random ports end below this.' },
  subjects: {
    kind: 'text',
    default: '',
    placeholder: 'a,b',
    help: 'Subjects to watch from the start; they count when -filter is on.',
  },
  filter: {
    kind: 'switch',
    default: false,
    help: 'Take in from peers only reports on watched subjects.',
  },
  dbfile: { kind: 'text', default: 'deephealth.db', placeholder: 'file', help: 'Where the journal is kept.' },
  output: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'Where to write the configuration, besides printing it.',
  },
} as const satisfies FlagTable;

const HELP = formatManual({
  name: 'hview-mkrc',
  summary: 'writes the configuration of one aggregator out of a group',
  usage: ['-id NAME [options]'],
  description: `
Prints a configuration for hview-server -config, and writes it to a file where -output names one.
Run it once for each aggregator, with the same options but for -id.`,
  flags: FLAGS,
  sections: {
    'Exit codes': '0  done\n1  wrong use, or the file cannot be written',
    Examples: `
Ten aggregators pano0 to pano9 on hosts razor0 to razor9, the file for the first:
  hview-mkrc -fix_port 6688 -nserver 10 -addressp razor%d -namep pano%d -id pano0 -output hs.cfg`.trim(),
    'See also': 'hview-server(1); server/README.md of the package, for what the file may say besides',
  },
});

await runCommand({ name: 'hview-mkrc', help: HELP, run });

function run(words: readonly string[]): ExitCode {
  const { values, rest, request } = parseFlags(FLAGS, words);
  if (request !== null) throw new InfoRequest(request);
  if (rest.length > 0) throw new HviewError('USAGE', `unexpected word "${rest[0]}"`);
  if (values.id === '') throw new HviewError('USAGE', 'Must specify the name id of this server');
  if (values.nserver < 1)
    throw new HviewError('USAGE', `flag -nserver: ${values.nserver} is not a positive number`);
  if (values.sidstart < 0) throw new HviewError('USAGE', 'Server id must be positive');

  for (const flag of ['namep', 'addressp'] as const) {
    if (values.nserver > 1 && values[flag] !== '' && !/%\d*d/.test(values[flag])) {
      throw new HviewError('USAGE', `flag -${flag}: "${values[flag]}" gives all aggregators the same value`, {
        hint: 'Put %d where the number goes, such as pano%d.',
      });
    }
  }
  const peers = new Map<string, string>();
  const firstPort = values.fix_port > 0 ? values.fix_port : randomPort(values.port_start, values.port_end);
  for (let index = 0; index < values.nserver; index += 1) {
    const host = values.addressp === '' ? 'localhost' : numbered(values.addressp, values.sidstart + index);
    const port = values.fix_port > 0 ? firstPort : firstPort + index;
    if (port > 65535) throw new HviewError('USAGE', `port ${port} is over 65535`);
    peers.set(numbered(values.namep, values.namestart + index), `${host}:${port}`);
  }
  const address = peers.get(values.id);
  if (address === undefined) {
    throw new HviewError('USAGE', `${values.id} is not one of the peers ${[...peers.keys()].join(' ')}`, {
      hint: 'Choose -id among them, or change -namep, -namestart or -nserver.',
    });
  }
  const text = formatConfig({
    address,
    id: values.id,
    subjects: values.subjects === '' ? [] : values.subjects.split(','),
    peers,
    filterSubmission: values.filter,
    databaseFile: values.dbfile,
  });
  if (values.output === '') {
    process.stdout.write(text);
    return 0;
  }
  try {
    writeFileSync(values.output, text);
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'cannot write', values.output, error);
  }
  process.stdout.write(`Saving to ${values.output}\nConfig:\n${text}Saved\n`);
  return 0;
}

/** `%d` becomes the number, `%02d` with leading zeros. */
function numbered(pattern: string, value: number): string {
  return pattern.replace(/%(0?)(\d*)d/, (_, zero: string, width: string) =>
    String(value).padStart(Number(width), zero === '' ? ' ' : '0'),
  );
}

function randomPort(start: number, end: number): number {
  if (start <= 0 || end <= 0) throw new HviewError('USAGE', 'Port range must be positive');
  if (start > end) throw new HviewError('USAGE', 'Port start must not exceed port end');
  return start + Math.floor(Math.random() * Math.max(1, end - start));
}
