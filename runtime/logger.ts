import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Values that stand beside a message. Names carry their unit: `delayMs`, `sizeBytes`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Messages are constant sentences; what varies goes into the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  child(fields: LogFields): Logger;
}

/** A logger whose level can be changed; children keep the level that they were made with. */
export interface AdjustableLogger extends Logger {
  setLevel(level: LogLevel): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Stands in every line: which program speaks. */
  readonly program: string;
}

/** JSON lines on standard error: one object each, with time (ISO 8601, UTC), level, program, msg and the fields. */
export function createLogger(options: LoggerOptions): AdjustableLogger {
  const target: ReturnType<typeof pino> = pino(
    {
      level: options.level,
      base: { program: options.program },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return { ...wrap(target), setLevel: (level) => void (target.level = level) };
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** The level named so, in any case; the original's names `DEBUG INFO WARN(ING) ERROR FATAL` count too. */
export function logLevelFromName(name: string): LogLevel | undefined {
  const levels: Record<string, LogLevel> = {
    debug: 'debug',
    info: 'info',
    warn: 'warn',
    warning: 'warn',
    error: 'error',
    fatal: 'error',
    silent: 'silent',
  };
  return levels[name.toLowerCase()];
}

function wrap(target: ReturnType<typeof pino>): Logger {
  return {
    debug: (message, fields) => target.debug(fields ?? {}, message),
    info: (message, fields) => target.info(fields ?? {}, message),
    warn: (message, fields) => target.warn(fields ?? {}, message),
    error: (message, fields) => target.error(fields ?? {}, message),
    child: (fields) => wrap(target.child(fields)),
  };
}
