import { compileClause } from '../compiled-clause.js';
import { attackText, type Attack } from './pattern-growth.js';

/** What one text of an attack cost on this machine; to be shown, not to be judged by. */
export interface TimedAttack {
  readonly length: number;
  readonly milliseconds: number;
}

/** The longest field that reaches a rule: the agent cuts longer lines. */
const MAX_LENGTH = 65_536;
/** After one as slow as this the next one is not waited for. */
const ENOUGH_MS = 60;

/** Runs the clause over longer and longer texts of the attack. `monotonic`: milliseconds. */
export function timeAttack(pattern: string, attack: Attack, monotonic: () => number): readonly TimedAttack[] {
  const { holds } = compileClause({ field: '', operator: '~', pattern, captureResult: false });
  // The engine translates a pattern when it meets it for the second time.
  for (let round = 0; round < 3; round++) holds(attackText(attack, 1));
  const timed: TimedAttack[] = [];
  const fixed = attack.prefix.length + attack.suffix.length;
  for (let rounds = 1; ; rounds = attack.kind === 'exponential' ? rounds + 1 : rounds * 2) {
    const text = attackText(attack, fixed + rounds * attack.round.length);
    if (text.length > MAX_LENGTH) return timed;
    const start = monotonic();
    holds(text);
    const milliseconds = monotonic() - start;
    timed.push({ length: text.length, milliseconds });
    if (milliseconds > ENOUGH_MS) return timed;
  }
}
