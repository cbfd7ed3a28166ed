/** What every part of the measurements is told. */
export interface BenchOptions {
  /** For what it makes; deleted at the end. */
  readonly folder: string;
  /** Smaller inputs, for a quick look. */
  readonly isSmall: boolean;
}
