/** A JSON value that knows where it stands. Offsets count UTF-16 units from 0; `end` is behind it. */
export type JsonNode = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
);

export type JsonKind = JsonNode['kind'];

export interface JsonMember {
  readonly name: string;
  /** Where the name's opening quote stands. */
  readonly nameStart: number;
  readonly value: JsonNode;
}

export type ParsedJson =
  | { readonly kind: 'parsed'; readonly root: JsonNode }
  | { readonly kind: 'invalid'; readonly message: string; readonly offset: number };

/** Counted from 1, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

const MAX_DEPTH = 64;

/**
 * Reads JSON as JSON.parse does, but keeps every value's place and says what is wrong in words that fit
 * files written by hand (a comma too many, comments, single quotes).
 */
export function parseJson(text: string): ParsedJson {
  const parser = new JsonParser(text);
  try {
    return { kind: 'parsed', root: parser.parse() };
  } catch (error) {
    if (error instanceof JsonProblem)
      return { kind: 'invalid', message: error.message, offset: error.offset };
    throw error;
  }
}

export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** Where in the file the character `index` of a string's value was written. */
export function offsetInString(text: string, node: JsonNode, index: number): number {
  let offset = node.start + 1;
  for (let seen = 0; seen < index && offset < node.end - 1; seen++) {
    const isUnicode = text.startsWith('\\u', offset);
    offset += isUnicode ? 6 : text[offset] === '\\' ? 2 : 1;
  }
  return offset;
}

class JsonProblem extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class JsonParser {
  #offset = 0;
  #depth = 0;

  constructor(private readonly text: string) {}

  parse(): JsonNode {
    // Editors on Windows put a byte order mark at the start.
    if (this.text.startsWith('\uFEFF')) this.#offset = 1;
    this.#skipSpace();
    if (this.#offset >= this.text.length) throw this.#problem('the file is empty');
    const root = this.#value();
    this.#skipSpace();
    if (this.#offset < this.text.length) {
      throw this.#problem(`${this.#seen()} stands after the end of the JSON value`);
    }
    return root;
  }

  #value(): JsonNode {
    this.#skipSpace();
    const start = this.#offset;
    const character = this.text[start];
    if (character === '{') return this.#nested(() => this.#object(start));
    if (character === '[') return this.#nested(() => this.#array(start));
    if (character === '"') return this.#string();
    const number = this.#take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y);
    if (number !== null)
      return { kind: 'number', start, end: this.#offset, value: Number(number), text: number };
    const word = this.#take(/(?:true|false|null)(?!\w)/y);
    if (word === 'null') return { kind: 'null', start, end: this.#offset };
    if (word !== null) return { kind: 'boolean', start, end: this.#offset, value: word === 'true' };
    throw this.#unexpected('a value');
  }

  #nested(read: () => JsonNode): JsonNode {
    if (++this.#depth > MAX_DEPTH) throw this.#problem(`values are nested more than ${MAX_DEPTH} deep`);
    const node = read();
    this.#depth--;
    return node;
  }

  #object(start: number): JsonNode {
    const members: JsonMember[] = [];
    this.#offset++;
    this.#skipSpace();
    if (this.#takeText('}')) return { kind: 'object', start, end: this.#offset, members };
    for (;;) {
      this.#skipSpace();
      if (this.text[this.#offset] === '}')
        throw this.#problem('a comma stands before this } with nothing after it');
      if (this.text[this.#offset] !== '"') throw this.#unexpected('a member name in double quotes');
      const name = this.#string();
      this.#skipSpace();
      if (!this.#takeText(':'))
        throw this.#unexpected(`: after the member name ${JSON.stringify(name.value)}`);
      members.push({ name: name.value, nameStart: name.start, value: this.#value() });
      this.#skipSpace();
      if (this.#takeText('}')) return { kind: 'object', start, end: this.#offset, members };
      if (!this.#takeText(',')) throw this.#unexpected(', or }');
    }
  }

  #array(start: number): JsonNode {
    const items: JsonNode[] = [];
    this.#offset++;
    this.#skipSpace();
    if (this.#takeText(']')) return { kind: 'array', start, end: this.#offset, items };
    for (;;) {
      this.#skipSpace();
      if (this.text[this.#offset] === ']')
        throw this.#problem('a comma stands before this ] with nothing after it');
      items.push(this.#value());
      this.#skipSpace();
      if (this.#takeText(']')) return { kind: 'array', start, end: this.#offset, items };
      if (!this.#takeText(',')) throw this.#unexpected(', or ]');
    }
  }

  #string(): Extract<JsonNode, { kind: 'string' }> {
    const start = this.#offset;
    let value = '';
    for (this.#offset++; this.text[this.#offset] !== '"';) {
      const character = this.text[this.#offset];
      if (character === undefined) throw this.#problem('this string has no closing "', start);
      if (character === '\n' || character === '\r') {
        throw this.#problem('the line ends within a string; write \\n for a line feed');
      }
      if (character < ' ')
        throw this.#problem('a control character stands in a string; write it as \\t or \\u00XX');
      value += character === '\\' ? this.#escape() : character;
      if (character !== '\\') this.#offset++;
    }
    this.#offset++;
    return { kind: 'string', start, end: this.#offset, value };
  }

  #escape(): string {
    const escape = this.#take(/\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y);
    if (escape === null) {
      const shown = this.text.slice(this.#offset, this.#offset + 2);
      throw this.#problem(
        `${shown} is no escape of JSON; a backslash in a pattern is written twice (\\${shown})`,
      );
    }
    if (escape[1] === 'u') return String.fromCharCode(parseInt(escape.slice(2), 16));
    return ESCAPES[escape[1] ?? ''] ?? '';
  }

  #skipSpace(): void {
    this.#take(/[ \t\r\n]*/y);
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.text);
    if (match === null) return null;
    this.#offset = pattern.lastIndex;
    return match[0];
  }

  #takeText(text: string): boolean {
    if (!this.text.startsWith(text, this.#offset)) return false;
    this.#offset += text.length;
    return true;
  }

  #unexpected(wanted: string): JsonProblem {
    const rest = this.text.slice(this.#offset, this.#offset + 2);
    if (rest === '//' || rest === '/*' || rest.startsWith('#')) return this.#problem('JSON has no comments');
    if (rest.startsWith("'")) return this.#problem("JSON strings stand in double quotes, not in '");
    return this.#problem(`expected ${wanted} but found ${this.#seen()}`);
  }

  #seen(): string {
    if (this.#offset >= this.text.length) return 'the end of the file';
    return this.#wordHere() ?? String.fromCodePoint(this.text.codePointAt(this.#offset) ?? 0);
  }

  #wordHere(): string | null {
    const match = /^[\w.+-]{1,20}/.exec(this.text.slice(this.#offset, this.#offset + 20));
    return match === null ? null : match[0];
  }

  #problem(message: string, offset = this.#offset): JsonProblem {
    return new JsonProblem(message, offset);
  }
}
