import type { LogPluginFactory, ParsedLine } from '../../plugins/log-plugin.js';

/** Second 0 of the numbered lines' time, milliseconds since 1970 UTC. */
export const FIRST_LINE_MS = 1_700_000_000_000;

/** The lines of one writer, `seq=42 some text`: each is a record at its own millisecond. */
function parse(line: string): ParsedLine {
  const [, writer = 'w', number, content = ''] = /^(?:(\w+):)?seq=(\d+)(?: ([^]*))?$/.exec(line) ?? [];
  if (number === undefined) return { kind: 'continuation' };
  return {
    kind: 'record',
    record: {
      timeMs: FIRST_LINE_MS + Number(number),
      observer: writer,
      tagSubject: `subject-of-${writer}`,
      tagContext: number,
      message: content,
      fields: { content: line },
    },
  };
}

/** A plugin whose log is the oracle of the torture tests: what arrives says which line it came from. */
const factory: LogPluginFactory = {
  name: 'numbered',
  summary: 'numbered lines',
  options: [],
  create: () =>
    Promise.resolve({
      name: 'numbered',
      module: 'Numbered',
      observer: null,
      defaultRuleSet: null,
      verbatimFields: ['content'],
      memoryLiterals: [],
      openStream: () => ({
        parse,
        resolveSubject: (token) => ({ kind: 'entity', id: token }),
        memory: () => null,
        restore: () => undefined,
      }),
      close: () => undefined,
    }),
};

export default factory;
