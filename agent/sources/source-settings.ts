/** One source as it is configured: a group of logs that are read alike. */
export interface SourceSettings {
  /** Unique in the agent; stands in checkpoints, so a new name reads from the start. */
  readonly name: string;
  /** Absolute paths or globs. */
  readonly logs: readonly string[];
  /** Globs of absolute paths that are left out. */
  readonly exclude: readonly string[];
  /** Where to begin in a log that is met at the first start; one that comes later is read whole. */
  readonly start: 'beginning' | 'end';
  /** Bundled name, path or package of the plugin. */
  readonly plugin: string;
  readonly pluginOptions: Readonly<Record<string, string>>;
  /** Path of the rules; null: the plugin's own. */
  readonly filter: string | null;
  /** Of the logs' time stamps; null: the host's. */
  readonly timeZone: string | null;
  readonly staleSeconds: number;
  readonly mergeSeconds: number;
  /** Longer lines are cut. */
  readonly maxLineBytes: number;
  /** Continuation lines that a record takes at most. */
  readonly maxDetailLines: number;
}

export const SOURCE_DEFAULTS = {
  exclude: [],
  start: 'beginning',
  pluginOptions: {},
  filter: null,
  timeZone: null,
  staleSeconds: 300,
  mergeSeconds: 1,
  maxLineBytes: 65_536,
  maxDetailLines: 200,
} as const satisfies Partial<SourceSettings>;
