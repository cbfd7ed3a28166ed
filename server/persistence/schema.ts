/**
 * Each entry takes the database from the version of its index to the next. Never change one that was
 * released. The names keep clear of `panorama`, `inference` and `registration`, the tables of the
 * original, so that its database file serves on and keeps what it holds.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    observer TEXT NOT NULL,
    subject TEXT NOT NULL,
    seconds INTEGER NOT NULL, -- time of the observation since 1970 UTC
    nanos INTEGER NOT NULL,
    metrics TEXT NOT NULL -- JSON: [[name, status, score], ...]
  );
  CREATE TABLE inferences (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    observers TEXT NOT NULL, -- JSON: [observer, ...]
    seconds INTEGER NOT NULL,
    nanos INTEGER NOT NULL,
    metrics TEXT NOT NULL
  );
  CREATE TABLE registrations (
    handle INTEGER PRIMARY KEY,
    module TEXT NOT NULL,
    observer TEXT NOT NULL
  );
  CREATE TABLE watch_list (
    subject TEXT PRIMARY KEY,
    seconds INTEGER NOT NULL, -- since when it is watched
    nanos INTEGER NOT NULL
  ) WITHOUT ROWID;
  -- Reports up to this id say nothing about the subject any more: it was taken off the watch list.
  CREATE TABLE forgotten_subjects (
    subject TEXT PRIMARY KEY,
    report_id INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  ALTER TABLE reports ADD COLUMN observation_id TEXT; -- the same for the same statement, if its sender gave one
  ALTER TABLE reports ADD COLUMN provenance TEXT; -- JSON: [host, path, offset, line, rule, why, agent]
  `,
  `
  -- What every observer said lately of a subject, as it was after the report of that id.
  CREATE TABLE panoramas (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL UNIQUE,
    report_id INTEGER NOT NULL,
    views TEXT NOT NULL -- JSON: [[observer, [[seconds, nanos, metrics], ...]], ...]
  );
  -- covered: every report up to this id is in its panorama, or its subject is forgotten.
  CREATE TABLE journal_state (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) WITHOUT ROWID;
  -- Prints of the newest observation ids, 16 bytes each; \`last\` counts them.
  CREATE TABLE taken_prints (
    last INTEGER PRIMARY KEY,
    prints BLOB NOT NULL
  );
  -- What the relay remembers of a peer.
  CREATE TABLE relay_state (
    peer TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (peer, name)
  ) WITHOUT ROWID;
  `,
  `
  -- Which report and which inference was the newest at some time: what their age in the journal is counted by.
  CREATE TABLE journal_marks (
    at_ms INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL,
    inference_id INTEGER NOT NULL
  );
  CREATE INDEX inferences_by_subject ON inferences (subject, id);
  `,
  `
  -- JSON: [[observer, metric, seconds, nanos, status number, provenance], ...]
  ALTER TABLE panoramas ADD COLUMN evidence TEXT NOT NULL DEFAULT '[]';
  -- The verdict that stands on each subject.
  CREATE TABLE standing_verdicts (
    subject TEXT PRIMARY KEY,
    status INTEGER NOT NULL,
    since_ms REAL NOT NULL, -- milliseconds since 1970 UTC
    metrics TEXT NOT NULL -- JSON: [[name, status number, since], ...]
  ) WITHOUT ROWID;
  CREATE TABLE verdict_changes (
    sequence INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    time_ms REAL NOT NULL,
    before INTEGER NOT NULL, -- status numbers
    after INTEGER NOT NULL,
    score REAL NOT NULL,
    metrics TEXT NOT NULL, -- JSON: the names of those that have the worst status
    observers TEXT NOT NULL, -- JSON: who says so
    evidence TEXT -- JSON: provenance
  );
  `,
  `
  -- Alerts that somebody was told of and that are not known to be over to everybody.
  CREATE TABLE told_alerts (
    key TEXT PRIMARY KEY,
    alert TEXT NOT NULL -- JSON, as server/alerts/alert.ts has it
  ) WITHOUT ROWID;
  `,
];
