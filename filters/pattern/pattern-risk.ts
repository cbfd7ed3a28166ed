import { mayOverlap, normalized, rangeSet, type CharacterSet } from './character-set.js';
import { canBeEmpty, type PatternNode, type RepeatNode } from './pattern-syntax.js';

/** From how many rounds on a repetition of ambiguous text is worth a warning. */
const MANY_ROUNDS = 10;

/**
 * The first repetition through which one text can be split into rounds in exponentially many ways, such
 * as `(\w+\s?)*`; null when there is none. RE2 does not mind them; JavaScript tries every way before it
 * gives up on a line that nearly matches. Errs towards naming one, and does not look for patterns that
 * are merely quadratic.
 */
export function findBacktrackingRisk(node: PatternNode): RepeatNode | null {
  switch (node.kind) {
    case 'sequence':
      return firstRisk(node.items);
    case 'choice':
      return firstRisk(node.branches);
    case 'group':
    case 'look':
      return findBacktrackingRisk(node.body);
    case 'repeat':
      return node.max >= MANY_ROUNDS && isAmbiguous(node.body) ? node : findBacktrackingRisk(node.body);
    case 'empty':
    case 'character':
    case 'set':
    case 'assertion':
    case 'reference':
      return null;
  }
}

function firstRisk(nodes: readonly PatternNode[]): RepeatNode | null {
  for (const node of nodes) {
    const risk = findBacktrackingRisk(node);
    if (risk !== null) return risk;
  }
  return null;
}

/** Whether rounds of `body` can share out one text among themselves in more than one way. */
function isAmbiguous(body: PatternNode): boolean {
  const branches = branchesOf(body);
  const singles = branches.filter((branch) => branch.length === 1).map((branch) => takes(branch));
  const hasTwin = singles.some((set, index) =>
    singles.slice(index + 1).some((other) => mayOverlap(set, other)),
  );
  return hasTwin || branches.some(hasElasticItem);
}

/** Whether one item can swallow, again and again, what the rest of the round would have to match. */
function hasElasticItem(items: readonly PatternNode[]): boolean {
  return items.some((item, index) => {
    if (item.kind !== 'repeat' || item.max < MANY_ROUNDS) return false;
    const swallowed = takes([item]);
    const others = items.filter((other, at) => at !== index && !canBeEmpty(other));
    return others.every((other) => mayOverlap(takes([other]), swallowed));
  });
}

function branchesOf(node: PatternNode): PatternNode[][] {
  if (node.kind === 'group') return branchesOf(node.body);
  if (node.kind === 'choice') return node.branches.flatMap(branchesOf);
  return [itemsOf(node)];
}

function itemsOf(node: PatternNode): PatternNode[] {
  if (node.kind === 'group') return itemsOf(node.body);
  return node.kind === 'sequence' ? node.items.flatMap(itemsOf) : [node];
}

/** All characters that can stand in what the nodes match. */
function takes(nodes: readonly PatternNode[]): CharacterSet {
  const ranges: number[] = [];
  const properties: string[] = [];
  const visit = (node: PatternNode): void => {
    switch (node.kind) {
      case 'character':
        ranges.push(node.codePoint, node.codePoint);
        break;
      case 'set':
        ranges.push(...node.set.ranges);
        properties.push(...node.set.properties);
        break;
      case 'sequence':
        node.items.forEach(visit);
        break;
      case 'choice':
        node.branches.forEach(visit);
        break;
      case 'group':
      case 'repeat':
        visit(node.body);
        break;
      // The lookaround takes nothing, and what a reference takes was counted at its group.
      case 'look':
      case 'reference':
      case 'empty':
      case 'assertion':
        break;
    }
  };
  nodes.forEach(visit);
  return properties.length === 0
    ? rangeSet(ranges)
    : { ranges: normalized(ranges), properties, negated: false };
}
