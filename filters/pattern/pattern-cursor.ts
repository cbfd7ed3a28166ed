import type { Dialect, PatternFault } from './pattern-syntax.js';

/** Thrown inside the pattern parser only, and turned into a value at its edge. */
export class PatternProblem extends Error {
  constructor(readonly fault: PatternFault) {
    super(fault.message);
  }
}

/** Thrown when a pattern read as RE2 has something that only JavaScript knows. */
export class OnlyInJavaScript extends Error {}

/** A place in a pattern's text, moving forward. */
export class PatternCursor {
  position = 0;

  constructor(
    readonly text: string,
    readonly dialect: Dialect,
  ) {}

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  sees(text: string): boolean {
    return this.text.startsWith(text, this.position);
  }

  /** Steps over `text` if it stands here. */
  take(text: string): boolean {
    if (!this.sees(text)) return false;
    this.position += text.length;
    return true;
  }

  /** Steps over what `pattern` (with the flag `y`) matches here. */
  takeMatch(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match !== null) this.position = pattern.lastIndex;
    return match;
  }

  /** Takes one code point. */
  next(): number {
    const codePoint = this.text.codePointAt(this.position);
    if (codePoint === undefined) throw this.problem('the pattern ends too early');
    this.position += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  }

  /** The text up to `end`, which is stepped over. */
  until(end: string, what: string, start: number): string {
    const found = this.text.indexOf(end, this.position);
    if (found < 0) throw this.problem(`missing ${end} after ${what}`, start);
    const text = this.text.slice(this.position, found);
    this.position = found + end.length;
    return text;
  }

  problem(message: string, position = this.position): PatternProblem {
    return new PatternProblem({ message, position });
  }

  /** To be called where something stands that RE2 lacks. */
  onlyInJavaScript(): void {
    if (this.dialect === 're2') throw new OnlyInJavaScript();
  }
}
