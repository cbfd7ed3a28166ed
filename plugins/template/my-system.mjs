// A plugin for hview: how the records of My System look, and whom they speak of. It needs nothing from
// hview at run time. What the records mean stands in my-system.json.

/**
 * One line, taken apart. `record`: it begins a record; `continuation`: it belongs to the record before
 * it; `dropped`: a record that must not become an observation.
 *
 * @typedef {{ kind: 'record', record: LogRecord } | { kind: 'continuation' }
 *   | { kind: 'dropped', reason: 'debug-level' | 'bad-time' | 'unknown-observer' }} ParsedLine
 *
 * @typedef {object} LogRecord
 * @property {number} timeMs milliseconds since 1970 UTC
 * @property {string} observer the id of the one whose log it is
 * @property {string | null} tagSubject the id of the one it speaks of, unless a rule names somebody else
 * @property {string} tagContext the context for rules that name none
 * @property {string} message what a person would quote
 * @property {Record<string, string>} fields what rules can test
 */

// 2026-01-15T10:20:30.123Z node-1 WARN lost node-3: no heartbeat for 3000 ms
const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\S+) ([A-Z]+) (.*)$/;

export default {
  name: 'my-system',
  summary: 'My System, server logs',
  options: [{ name: 'nodes', help: 'names of the nodes, separated by commas' }],
  fields: ['level', 'content'],

  /** @param {{ options: Record<string, string> }} context */
  async create({ options }) {
    if (options.nodes === undefined) throw new Error('--nodes is missing: the names of the nodes');
    return plugin(options.nodes.split(','));
  },

  // The made-up cluster that the examples in rule files speak of.
  createForExamples: () => plugin(['node-1', 'node-2', 'node-3']),
};

/** @param {string[]} nodes */
function plugin(nodes) {
  return {
    name: 'my-system',
    module: 'MySystem',
    observer: null, // each line says whose log it is
    defaultRuleSet: null, // so --filter has to be given
    // Fields that stand letter for letter in the line: rules on them let the agent skip other lines.
    verbatimFields: ['level', 'content'],
    // Texts of lines that the stream has to see even when no rule asks for them, to remember something.
    memoryLiterals: [],
    openStream: () => ({
      /** @param {string} line @returns {ParsedLine} */
      parse(line) {
        const parts = LINE.exec(line);
        if (parts === null) return { kind: 'continuation' };
        const [, time, observer, level, content] = parts;
        if (level === 'DEBUG') return { kind: 'dropped', reason: 'debug-level' };
        const timeMs = Date.parse(time);
        if (Number.isNaN(timeMs)) return { kind: 'dropped', reason: 'bad-time' };
        const fields = { level, content };
        return {
          kind: 'record',
          record: { timeMs, observer, tagSubject: observer, tagContext: 'Log', message: content, fields },
        };
      },

      /** Whom a name means that a rule has captured. @param {string} token */
      resolveSubject: (token) => ({ kind: nodes.includes(token) ? 'entity' : 'unknown', id: token }),

      // What must outlive a restart of the agent, as JSON data.
      memory: () => null,
      restore: () => undefined,
    }),
    close: () => undefined,
  };
}
