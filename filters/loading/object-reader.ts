import { placeOf, type JsonKind, type JsonNode } from './json-source.js';
import { nearestName } from './near-miss.js';
import type { RuleSetProblem } from '../rule-set.js';

type JsonObject = Extract<JsonNode, { kind: 'object' }>;

/** Collects what is wrong with a filter file, so that all of it can be told at once. */
export class ProblemList {
  private readonly errors: RuleSetProblem[] = [];
  private readonly warnings: RuleSetProblem[] = [];

  constructor(readonly text: string) {}

  error(offset: number, part: string, message: string): void {
    this.errors.push({ ...placeOf(this.text, offset), part, message });
  }

  warn(offset: number, part: string, message: string): void {
    this.warnings.push({ ...placeOf(this.text, offset), part, message });
  }

  /** All of them in the order of the file. */
  sorted(): { readonly errors: readonly RuleSetProblem[]; readonly warnings: readonly RuleSetProblem[] } {
    return { errors: this.errors.toSorted(comparePlaces), warnings: this.warnings.toSorted(comparePlaces) };
  }
}

function comparePlaces(a: RuleSetProblem, b: RuleSetProblem): number {
  return a.line - b.line || a.column - b.column;
}

const KIND_WORDS: Readonly<Record<JsonKind, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

/**
 * Reads the members of one JSON object. Names are taken in any case and null counts as absent, as the
 * original Panorama read its files. What is not known is warned of; what has the wrong type is an error.
 */
export class ObjectReader {
  readonly #members = new Map<string, JsonNode>();
  /** What is not known but close to it: known name → the name that stands there. */
  readonly #nearMisses = new Map<string, { readonly name: string; readonly offset: number }>();

  /** `part`: how messages call the object. `known`: the members it may have. */
  constructor(
    readonly node: JsonObject,
    readonly part: string,
    known: readonly string[],
    readonly problems: ProblemList,
  ) {
    for (const { name, nameStart, value } of node.members) {
      const member = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
      if (member === undefined) this.#warnOfUnknown(name, nameStart, known);
      else {
        if (this.#members.has(member))
          problems.warn(nameStart, part, `${member} is given twice; the last counts`);
        this.#members.set(member, value);
      }
    }
  }

  /** Null, and an error, when `node` is no object. */
  static open(
    node: JsonNode,
    part: string,
    known: readonly string[],
    problems: ProblemList,
  ): ObjectReader | null {
    if (node.kind === 'object') return new ObjectReader(node, part, known, problems);
    problems.error(node.start, part, `has to be an object, not ${KIND_WORDS[node.kind]}`);
    return null;
  }

  /** The member's value even if it is null; undefined: there is none. */
  raw(name: string): JsonNode | undefined {
    return this.#members.get(name);
  }

  /** The member if it has one of the kinds; null, and an error, when it has another; null when absent. */
  member<K extends JsonKind>(name: string, ...kinds: readonly K[]): Extract<JsonNode, { kind: K }> | null {
    const node = this.#members.get(name);
    if (node === undefined || node.kind === 'null') return null;
    if (isOfKind(node, kinds)) return node;
    const wanted = kinds.map((kind) => KIND_WORDS[kind]).join(' or ');
    this.error(node, `${name} has to be ${wanted}, not ${KIND_WORDS[node.kind]}`);
    return null;
  }

  /** The text of an optional string member; empty when absent. */
  text(name: string): string {
    return this.member(name, 'string')?.value ?? '';
  }

  /** False when absent. */
  flag(name: string): boolean {
    return this.member(name, 'boolean')?.value ?? false;
  }

  /** As `member`, and an error when the member is absent. */
  required<K extends JsonKind>(name: string, ...kinds: readonly K[]): Extract<JsonNode, { kind: K }> | null {
    const node = this.#members.get(name);
    const nearMiss = this.#nearMisses.get(name);
    if (node !== undefined && node.kind !== 'null') return this.member(name, ...kinds);
    const meant = nearMiss === undefined ? '' : `; did you mean it with ${JSON.stringify(nearMiss.name)}?`;
    this.problems.error(nearMiss?.offset ?? this.node.start, this.part, `${name} is missing${meant}`);
    return null;
  }

  error(at: JsonNode, message: string): void {
    this.problems.error(at.start, this.part, message);
  }

  warn(at: JsonNode, message: string): void {
    this.problems.warn(at.start, this.part, message);
  }

  #warnOfUnknown(name: string, offset: number, known: readonly string[]): void {
    if (isComment(name)) return;
    const near = nearestName(name, known);
    if (near !== null) this.#nearMisses.set(near, { name, offset });
    const hint = near === null ? '' : `; did you mean ${near}?`;
    this.problems.warn(offset, this.part, `member ${JSON.stringify(name)} is not known and ignored${hint}`);
  }
}

/** JSON has no comments, so people use members for them. */
function isComment(name: string): boolean {
  return /^(?:\$?comment$|_|\/\/|#)/i.test(name);
}

function isOfKind<K extends JsonKind>(
  node: JsonNode,
  kinds: readonly K[],
): node is Extract<JsonNode, { kind: K }> {
  return (kinds as readonly JsonKind[]).includes(node.kind);
}
