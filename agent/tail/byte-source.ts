import type { HviewError } from '../../runtime/errors.js';

/** What some bytes of a file looked like, so that they can be recognised later without being kept. */
export interface Fingerprint {
  /** How many bytes it covers. */
  readonly length: number;
  /** SHA-256 of those bytes, hexadecimal. */
  readonly digest: string;
}

/** Tells one file from another, whatever its name is at the moment. */
export interface FileIdentity {
  /** Device number, decimal. */
  readonly device: string;
  /** Inode number, decimal: 64 bits do not fit into a JavaScript number. */
  readonly inode: string;
  /** The first bytes of the file, at most 1024. Grows with a file that is shorter than that. */
  readonly head: Fingerprint;
}

/** A place in a file that can be found again after a restart: what a checkpoint holds. */
export interface FilePosition {
  readonly identity: FileIdentity;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** The bytes right before `offset`, at most 64; null when they could no longer be read. */
  readonly marker: Fingerprint | null;
  /** `FollowedFile.text` of the file. */
  readonly text: string;
  /** When the file was made, nanoseconds since 1970 UTC, decimal; absent where nobody knows. */
  readonly born?: string;
  /** The same of its last change, as far as it was noticed. */
  readonly modified?: string;
}

/**
 * One file while it is being read. A file that is truncated and filled again counts as a new one with
 * a new generation, although its inode stays.
 */
export interface FollowedFile {
  /** Counts up from 1 in the order in which files were met. */
  readonly generation: number;
  /** The path it was opened by; it may have been renamed since. */
  readonly path: string;
  readonly identity: FileIdentity;
  /**
   * Names the text for good: device and inode of the file in which it was first met, also where reading
   * goes on in a copy of it or after a restart.
   */
  readonly text: string;
  /** Where the first chunk of it begins, or will begin. */
  readonly startOffset: number;
  /** The place `offset` for a checkpoint. Reads up to 64 bytes from the file. */
  positionAt(offset: number): Promise<FilePosition>;
  /** Bytes that it has now. */
  size(): Promise<number>;
}

/** Bytes as they stand in the file, cut anywhere: a line or a character may go on in the next chunk. */
export interface Chunk {
  /** Valid until the handler returns, or until the promise it returns settles. Copy what must last. */
  readonly bytes: Buffer;
  /** Where in the file `bytes[0]` stands. */
  readonly offset: number;
  readonly file: FollowedFile;
}

export type FileEndReason =
  /** The name leads to another file now. */
  | 'rotated'
  /** The file was cut and starts anew under the same inode. */
  | 'truncated'
  /** The file was deleted. */
  | 'deleted'
  /** All that was to be read of it was read: it is not being followed. */
  | 'read-through'
  /** The source was stopped: an unfinished line may yet be finished, and will be read again then. */
  | 'source-closed';

/** Bytes that were in the log and cannot be read any more. */
export type Loss =
  /** Cut while bytes were unread. `knownBytes`: those seen to be there; there may have been more. */
  | { readonly kind: 'truncated'; readonly file: FollowedFile; readonly knownBytes: number }
  /** The file to go on in is not there, or compressed and damaged: how much it still held is unknown. */
  | { readonly kind: 'missing'; readonly position: FilePosition };

/**
 * What a source calls. What one of these throws ends the source. None of them may wait for the
 * source's own `stop`.
 */
export interface ByteSourceHandlers {
  /** Reading goes on when it returns, or when its promise settles: this is the back-pressure. */
  onChunk(chunk: Chunk): void | Promise<void>;
  /**
   * The last word on a file, exactly once for each: nothing of it follows. What is left of an
   * unfinished line is all there will ever be, and never belongs to the next file.
   */
  onFileEnd(file: FollowedFile, reason: FileEndReason): void | Promise<void>;
  /**
   * The name leads elsewhere and everything of this file was handed on, before the first chunk of the
   * next one. Records that wait for their next line can be finished now. Stragglers of a writer that
   * still holds the file may follow as chunks of this file, until `onFileEnd`.
   */
  onFileLeft?(file: FollowedFile): void | Promise<void>;
  /** The end of the newest file was reached; said once for each offset. */
  onCaughtUp?(file: FollowedFile, offset: number): void;
  /** There is no file of that name; said again from time to time. */
  onWaiting?(path: string): void;
  onLoss?(loss: Loss): void;
  /** Something is wrong that time or a person may mend; the source keeps trying. */
  onProblem?(problem: HviewError): void;
}

/** Hands on the bytes of a log, in order for each file. */
export interface ByteSource {
  /** Resolves once the source is at work. Throws FILE_UNREADABLE when the path can never be a log. */
  start(): Promise<void>;
  /** Ends every open file with `source-closed`. Waits for a handler that is at work, so never call it there. */
  stop(): Promise<void>;
  /** Resolves when the source has ended or was stopped; rejects with what a handler threw. */
  readonly finished: Promise<void>;
  /** The files that are open now, in the order in which they are read; some may not have been begun. */
  openFiles(): readonly FollowedFile[];
  counts(): ByteSourceCounts;
}

/** Counted since the start, in bytes and files. */
export interface ByteSourceCounts {
  readonly bytesRead: number;
  readonly filesOpened: number;
  readonly rotations: number;
  readonly truncations: number;
  /** Known to be lost; each `Loss` may stand for more. */
  readonly bytesLost: number;
  readonly losses: number;
  /** Bytes of zero that stood where a truncated file has a hole. */
  readonly holeBytes: number;
}
