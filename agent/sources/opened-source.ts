import type { Matcher } from '../../filters/matcher.js';
import type { LogPlugin } from '../../plugins/log-plugin.js';
import type { SourceSettings } from './source-settings.js';

/** Rules and the file they came from. */
export interface LoadedRules {
  readonly path: string;
  /** What the file said. */
  readonly text: string;
  readonly matcher: Matcher;
}

/** A source with its plugin and rules at hand. */
export interface OpenedSource {
  readonly settings: SourceSettings;
  readonly plugin: LogPlugin;
  readonly rules: LoadedRules;
}
