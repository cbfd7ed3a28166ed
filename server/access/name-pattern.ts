/**
 * Whether a name is meant by a pattern. A `*` stands for one or more characters within one part of a name, parts
 * being what dots and slashes separate: `*.agents.example.org`, `spiffe://example.org/agent/*`, `agent-*`.
 * A lone `*` is any name. Upper and lower case are the same.
 */
export function matchesName(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^./]+')}$`, 'i').test(name);
}
