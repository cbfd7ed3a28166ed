/** Where a subject was met, as it is looked up. */
export interface SubjectAddress {
  /** An IP address in its usual form (`10.0.0.7` also for `::ffff:10.0.0.7`), or a host's name in lower case. */
  readonly host: string;
  /** Null when only the host is known. */
  readonly port: number | null;
}

/** The end of a connection: as `server.address()` gives it, or a `net.Socket`, whose far end counts. */
export type SocketEnd =
  | { readonly address: string; readonly port?: number | undefined }
  | { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined };

/** Of whom a report speaks: an id (`dn@10.0.0.7:9866`), an address (`10.0.0.7:9866`), or the end of a connection. */
export type Subject = string | SocketEnd;

/**
 * Addresses and the ids that they belong to: `{ '10.0.0.7': 'dn@10.0.0.7:9866' }`. A key is a host or a
 * host with a port, which comes first. A function is asked each time and must answer at once; undefined
 * or null: it does not know.
 */
export type Subjects =
  | Readonly<Record<string, string>>
  | ReadonlyMap<string, string>
  | ((address: SubjectAddress) => string | null | undefined);
