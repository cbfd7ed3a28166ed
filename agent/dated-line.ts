/**
 * Whether a line begins as records do in most logs: with a date or a time of day, perhaps behind a level
 * or a bracket. Of a system whose records are dated, a dated line that is no record means that the log
 * has changed its format.
 */
export function isDated(line: string): boolean {
  return DATED.test(line.length > MAX_START ? line.slice(0, MAX_START) : line);
}

/** The date stands at the start, or a few short words later. */
const MAX_START = 80;

const DATE = [
  // 2026-01-15 10:20, 2026-01-15T10:20, 2026/01/15 10:20, 26/01/15 10:20
  String.raw`\d{2,4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d`,
  // 15 Jan 2026 10:20, 15/Jan/2026:10:20, Jan 15 10:20, Jan 15, 2026 10:20
  String.raw`\d\d[ /](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ /]\d{4}[ :]\d\d:\d\d`,
  String.raw`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d,?(?: \d{4})? \d\d:\d\d`,
  // 10:20:30.123, 10:20:30,123
  String.raw`\d\d:\d\d:\d\d[.,]\d`,
].join('|');

const DATED = new RegExp(String.raw`^(?:\S{1,40} {1,3}){0,3}[\[<({"]?(?:${DATE})`);
