import type { LogPlugin, ParsedLine } from '../../plugins/log-plugin.js';

/**
 * A log whose records read `SECOND SUBJECT MESSAGE`; everything else continues the record before it.
 * Subjects `a` and `b` are members, `twins` is the name of both. Nobody knows who wrote what begins with `anonymous`.
 */
export function tinyPlugin(parsed: string[] = []): LogPlugin {
  const parse = (line: string): ParsedLine => {
    parsed.push(line);
    const [, second, subject = '', content = ''] = /^(\d+) (\S+) (.*)$/.exec(line) ?? [];
    if (second === undefined) return { kind: 'continuation' };
    if (content.startsWith('anonymous')) return { kind: 'dropped', reason: 'unknown-observer' };
    if (content.startsWith('DEBUG')) return { kind: 'dropped', reason: 'debug-level' };
    return {
      kind: 'record',
      record: {
        timeMs: Number(second) * 1000,
        observer: 'a',
        tagSubject: subject === '-' ? null : subject,
        tagContext: 'Tag',
        message: content,
        fields: { content },
      },
    };
  };
  return {
    name: 'tiny',
    module: 'Tiny',
    observer: 'a',
    defaultRuleSet: null,
    verbatimFields: ['content'],
    memoryLiterals: ['remember'],
    openStream: () => ({
      parse,
      resolveSubject: (token) => {
        if (token === 'twins') return { kind: 'ambiguous' };
        return { kind: ['a', 'b'].includes(token) ? 'entity' : 'unknown', id: token };
      },
      memory: () => null,
      restore: () => undefined,
    }),
    close: () => undefined,
  };
}
