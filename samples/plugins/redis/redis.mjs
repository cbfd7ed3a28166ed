// A plugin for the logs of Redis and Redis Sentinel (5 to 7), in one file that needs nothing of hview
// at run time. samples/plugins/redis/README.md tells how it came about.

/**
 * @typedef {{ timeMs: number, observer: string, tagSubject: string | null, tagContext: string,
 *   message: string, fields: Record<string, string> }} LogRecord
 * @typedef {{ kind: 'record', record: LogRecord } | { kind: 'continuation' }
 *   | { kind: 'dropped', reason: 'debug-level' | 'unknown-observer' | 'bad-time' }} ParsedLine
 */

// 8418:S 23 Nov 2026 03:38:27.949 * Ready to accept connections
const LINE = /^(\d+):([MSCX]) (\d\d) (\w{3}) (\d{4}) (\d\d:\d\d:\d\d\.\d{3}) ([.\-*#]) (.*)$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const ROLES = { M: 'master', S: 'replica', C: 'child', X: 'sentinel' };
// Redis calls its gravest level "warning" and logs there whatever an operator should see, good or bad.
const LEVELS = { '.': 'DEBUG', '-': 'INFO', '*': 'INFO', '#': 'WARN' };

// +sdown master mymaster 127.0.1.1 6379
// +sdown slave 127.0.1.3:6379 127.0.1.3 6379 @ mymaster 127.0.1.1 6379
const EVENT = /^([+-][a-z-]+) (master|slave|sentinel) \S+ (\S+) (\d+)(?: |$)/;
// +switch-master mymaster 127.0.1.1 6379 127.0.1.3 6379: the new master is the one it is about
const SWITCH = /^(\+switch-master) (\S+) \S+ \d+ (\S+) (\d+)$/;

// Whom a replica follows, which its complaints about "the master" do not say.
const FOLLOWS = /^(?:Connecting to MASTER|REPLICAOF) (\S+:\d+)(?: |$)/;
const LEADS = 'MASTER MODE enabled';

const ADDRESS = /^\[?([0-9A-Za-z.:_-]+?)\]?:(\d{1,5})$/;

/** @type {import('../../../plugins/log-plugin.js').LogPluginFactory} */
const factory = {
  name: 'redis',
  summary: 'Redis and Redis Sentinel 5 to 7, server logs',
  options: [{ name: 'self', help: 'host:port of the server whose log it is, as the others know it' }],
  fields: ['time', 'pid', 'role', 'level', 'content', 'event', 'kind', 'master'],
  async create({ options, timeZone }) {
    const self = options.self ?? '';
    if (!ADDRESS.test(self))
      throw new Error(`--self has to be host:port, such as 10.0.0.1:6379, not '${self}'`);
    return plugin(self, timeZone);
  },
  createForExamples: () => plugin('10.0.0.1:6379', 'UTC'),
};
export default factory;

function plugin(self, timeZone) {
  const toMillis = clockOf(timeZone);
  return {
    name: 'redis',
    module: 'Redis',
    observer: null, // a Sentinel and a server have the same log format: the role in each line tells
    defaultRuleSet: null,
    verbatimFields: ['time', 'pid', 'content', 'event', 'kind'],
    // Lines that the memory learns from, even when no rule asks for them.
    memoryLiterals: ['Connecting to MASTER ', 'REPLICAOF ', LEADS],
    openStream: () => openStream(self, toMillis),
    close: () => undefined,
  };
}

function openStream(self, toMillis) {
  let master = '';
  return {
    /** @returns {ParsedLine} */
    parse(line) {
      const parts = LINE.exec(line);
      if (parts === null) return { kind: 'continuation' };
      const [, pid, roleLetter, day, monthName, year, time, sign, content] = parts;
      const level = LEVELS[sign];
      if (level === 'DEBUG') return { kind: 'dropped', reason: 'debug-level' };
      const month = MONTHS.indexOf(monthName);
      const timeMs = month < 0 ? NaN : toMillis(Number(year), month, Number(day), time);
      if (Number.isNaN(timeMs)) return { kind: 'dropped', reason: 'bad-time' };

      const role = ROLES[roleLetter];
      const observer = role === 'sentinel' ? `sentinel@${self}` : `redis@${self}`;
      const [, event = '', kind = '', host, port] =
        (role === 'sentinel' && (EVENT.exec(content) ?? SWITCH.exec(content))) || [];
      master = FOLLOWS.exec(content)?.[1] ?? (content.startsWith(LEADS) ? '' : master);
      return {
        kind: 'record',
        record: {
          timeMs,
          observer,
          // What a Sentinel tells is mostly of somebody else.
          tagSubject: host === undefined ? observer : idOf(kind, host, port),
          tagContext: role,
          message: content,
          fields: { time, pid, role, level, content, event, kind, master },
        },
      };
    },
    resolveSubject(token, record) {
      const [, host, port] = ADDRESS.exec(token) ?? [];
      if (host === undefined) return { kind: 'unknown', id: token };
      return { kind: 'entity', id: idOf(record.fields.kind, host, port) };
    },
    // Kept over a restart of the agent, so that it need not read the log from the start again.
    memory: () => ({ master }),
    restore(memory) {
      if (typeof memory?.master === 'string') master = memory.master;
    },
  };
}

function idOf(kind, host, port) {
  return `${kind === 'sentinel' ? 'sentinel' : 'redis'}@${host}:${port}`;
}

/** Local time of a zone to milliseconds since 1970 UTC. */
function clockOf(timeZone) {
  const [hours, minutes, seconds] = [0, 3, 6];
  const split = (time) => [hours, minutes, seconds].map((at) => Number(time.slice(at, at + 2)));
  if (timeZone === null) {
    return (year, month, day, time) => {
      const [h, m, s] = split(time);
      return new Date(year, month, day, h, m, s, Number(time.slice(9))).getTime();
    };
  }
  // The offset of the zone is looked up once an hour of log time: it changes twice a year at most.
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  let hour = NaN;
  let offsetMs = 0;
  return (year, month, day, time) => {
    const [h, m, s] = split(time);
    const asUtc = Date.UTC(year, month, day, h, m, s, Number(time.slice(9)));
    if (Math.floor(asUtc / 3_600_000) !== hour) {
      hour = Math.floor(asUtc / 3_600_000);
      const name = format.formatToParts(asUtc).find(({ type }) => type === 'timeZoneName')?.value ?? '';
      const [, sign = '+', oh = '0', om = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
      offsetMs = (sign === '-' ? -1 : 1) * (Number(oh) * 60 + Number(om)) * 60_000;
    }
    return asUtc - offsetMs;
  };
}
