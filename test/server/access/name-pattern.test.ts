import { describe, expect, it } from '@jest/globals';
import { matchesName } from '../../../server/access/name-pattern.js';

describe('a pattern of names', () => {
  it.each([
    ['*', 'anything/at.all'],
    ['agent-1', 'agent-1'],
    ['agent-1', 'AGENT-1'],
    ['agent-*', 'agent-17'],
    ['*.agents.example.org', 'zk1.agents.example.org'],
    ['spiffe://example.org/agent/*', 'spiffe://example.org/agent/zk1'],
    ['zk*-*', 'zk1-a'],
    ['a+b(c)', 'a+b(c)'],
  ])('%s means %s', (pattern, name) => {
    expect(matchesName(pattern, name)).toBe(true);
  });

  it.each([
    ['agent-1', 'agent-12'],
    ['agent-1', 'x-agent-1'],
    ['agent-*', 'agent-'],
    ['*.agents.example.org', 'a.b.agents.example.org'],
    ['*.agents.example.org', 'agents.example.org'],
    ['*.agents.example.org', 'zk1.agents.example.org.evil.com'],
    ['*.agents.example.org', 'zk1xagents.example.org'],
    ['spiffe://example.org/agent/*', 'spiffe://example.org/agent/zk1/more'],
    ['a.c', 'abc'],
    ['', 'a'],
  ])('%s does not mean %s', (pattern, name) => {
    expect(matchesName(pattern, name)).toBe(false);
  });
});
