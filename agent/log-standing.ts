/** How far the reading of a log is. */
export interface LogStanding {
  readonly path: string;
  /** Of the newest file of the log. */
  readonly sizeBytes: number;
  /** Up to where that file was dealt with. */
  readonly offsetBytes: number;
  /** Not dealt with yet, rotated files that are still read among them. */
  readonly behindBytes: number;
  /** Since when nothing has come, milliseconds. */
  readonly quietMs: number;
  /** Why it cannot be read, and for how long by now, milliseconds; null: it can. */
  readonly trouble: { readonly message: string; readonly forMs: number } | null;
}

/** What is known of the work on a log. */
export interface LogWork {
  readonly path: string;
  /** Grows with what is done. */
  readonly done: number;
  /** Something is to be read, or handed over. */
  readonly hasWork: boolean;
  /** Whether there is a file of it. */
  readonly isThere: boolean;
  /** For how long it could not be read, milliseconds; 0: it can. */
  readonly troubleMs: number;
}
