import { expect, it } from '@jest/globals';
import { nearestName } from '../../../filters/loading/near-miss.js';

it.each([
  ['unhealty', ['healthy', 'unhealthy'], 'unhealthy'],
  ['HEALTHY', ['healthy', 'unhealthy'], 'healthy'],
  ['Patern', ['Field', 'Pattern'], 'Pattern'],
  ['Feild', ['Field', 'Pattern'], 'Field'],
  ['ded', ['dead', 'dying'], 'dead'],
  ['Deadline', ['Id', 'Why', 'Chain'], null],
  ['xy', ['na', 'dead'], null],
])('%s among %j is probably %s', (word, candidates, expected) => {
  expect(nearestName(word, candidates)).toBe(expected);
});
