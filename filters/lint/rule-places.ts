import { parseJson, placeOf, type JsonNode, type Place } from '../loading/json-source.js';

/** Finds entries, clauses and examples in the text of a filter file. */
export class RulePlaces {
  readonly #text: string;
  readonly #entries: readonly JsonNode[];

  constructor(text: string) {
    this.#text = text;
    const json = parseJson(text);
    const tree = json.kind === 'invalid' ? undefined : member(json.root, 'FilterTree');
    this.#entries = tree?.kind === 'array' ? tree.items : [];
  }

  /** The place of the entry, or of one clause or example of it; all numbers from 1. */
  of(entry: number | null, clause: number | null, example: number | null): Place {
    const node = entry === null ? undefined : this.#entries[entry - 1];
    if (node === undefined) return { line: 1, column: 1 };
    const part =
      clause !== null
        ? item(member(node, 'Chain'), clause)
        : example !== null
          ? item(member(node, 'Examples'), example)
          : undefined;
    return placeOf(this.#text, (part ?? node).start);
  }
}

function member(node: JsonNode, name: string): JsonNode | undefined {
  if (node.kind !== 'object') return undefined;
  return node.members.find((one) => one.name.toLowerCase() === name.toLowerCase())?.value;
}

function item(node: JsonNode | undefined, number: number): JsonNode | undefined {
  return node?.kind === 'array' ? node.items[number - 1] : undefined;
}
