/** How grave a record is by its writer's own word, rising. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Other names that are as common. */
const ALIASES: Readonly<Record<string, LogLevel>> = { WARNING: 'WARN', CRITICAL: 'FATAL' };

/** All names that `levelFromName` knows, for messages. */
export const LEVEL_NAMES: readonly string[] = [...LOG_LEVELS, ...Object.keys(ALIASES)];

/** The level that a name in any case means; undefined when it is not known. */
export function levelFromName(name: string): LogLevel | undefined {
  const upper = name.toUpperCase();
  if (Object.hasOwn(ALIASES, upper)) return ALIASES[upper];
  return LOG_LEVELS.find((level) => level === upper);
}

/** Negative, zero or positive as `a` is less grave than `b`, equal, or graver. */
export function compareLevels(a: LogLevel, b: LogLevel): number {
  return LOG_LEVELS.indexOf(a) - LOG_LEVELS.indexOf(b);
}

/** Whether a record of the level `name` passes. A name that is not known holds nothing back. */
export function isAtLeast(name: string, minimum: LogLevel): boolean {
  const level = levelFromName(name);
  return level === undefined || compareLevels(level, minimum) >= 0;
}
