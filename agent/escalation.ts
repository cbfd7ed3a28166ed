import { durationText } from '../filters/loading/duration.js';
import { Status } from '../protocol/model.js';
import type { Finding } from './finding.js';
import { topicOf } from './finding.js';

/** When the same entry said the same, log time in rising order: rule id → times. */
type TimesByRule = Map<string, number[]>;

/** So many times are remembered in all; beyond it the topic that was silent for longest is forgotten. */
const MAX_TIMES = 20_000;

/**
 * Counts how often the same finding is made, and makes it worse as its rule says. A good word on the
 * topic, or a withdrawal, starts the count anew. Pure: log time alone counts.
 */
export class Escalation {
  /** Topic → times; in the order in which the topics were last spoken of. */
  readonly #topics = new Map<string, TimesByRule>();
  #size = 0;

  /** The finding as it weighs now. To be called once for every finding, also for those that repeat. */
  raise(finding: Finding): Finding {
    const { escalate, timeMs, rule } = finding;
    const topic = topicOf(finding);
    if (finding.status <= Status.HEALTHY) this.#startAnew(topic, rule.id);
    if (escalate === null) return finding;

    const maxCount = Math.max(...escalate.map(({ count }) => count));
    const times = this.#note(topic, rule.id, timeMs, maxCount);
    const step = escalate.findLast(
      ({ count, withinMs }) => (times[times.length - count] ?? -Infinity) >= timeMs - withinMs,
    );
    if (step === undefined) return finding;
    const { count, withinMs, status, score } = step;
    const message = `${count} times within ${durationText(withinMs)}: ${finding.message}`;
    return { ...finding, status, score, message };
  }

  /** A finding was taken back: what comes next on its topic is the first time again. */
  forget(withdrawal: Finding): void {
    if (withdrawal.status === Status.NA) this.#startAnew(topicOf(withdrawal), null);
  }

  /** What must outlive a restart, as JSON data. */
  state(): unknown {
    return [...this.#topics].flatMap(([topic, rules]) =>
      [...rules].map(([rule, times]) => [topic, rule, [...times]]),
    );
  }

  /** Takes over what `state` gave; what it does not understand is ignored. */
  restore(state: unknown): void {
    if (!Array.isArray(state)) return;
    for (const entry of state as unknown[]) {
      if (!Array.isArray(entry)) continue;
      const [topic, rule, times] = entry as unknown[];
      if (typeof topic !== 'string' || typeof rule !== 'string' || !Array.isArray(times)) continue;
      for (const timeMs of times as unknown[]) {
        if (typeof timeMs === 'number') this.#note(topic, rule, timeMs, times.length);
      }
    }
  }

  /** Adds a time and gives the newest `maxCount` that are known, in rising order. */
  #note(topic: string, rule: string, timeMs: number, maxCount: number): readonly number[] {
    const rules: TimesByRule = this.#topics.get(topic) ?? new Map<string, number[]>();
    this.#topics.delete(topic);
    this.#topics.set(topic, rules);
    const times = rules.get(rule) ?? [];
    rules.set(rule, times);
    // Threads log a little out of order, so the place is nearly always the end.
    let place = times.length;
    while (place > 0 && (times[place - 1] ?? 0) > timeMs) place -= 1;
    times.splice(place, 0, timeMs);
    this.#size += 1;
    if (times.length > maxCount) this.#size -= times.splice(0, times.length - maxCount).length;
    this.#shrink();
    return times;
  }

  /** Forgets all counts on the topic but that of one entry: its own good word is no other word. */
  #startAnew(topic: string, exceptRule: string | null): void {
    const rules = this.#topics.get(topic);
    if (rules === undefined) return;
    for (const [rule, times] of rules) {
      if (rule === exceptRule) continue;
      this.#size -= times.length;
      rules.delete(rule);
    }
    if (rules.size === 0) this.#topics.delete(topic);
  }

  #shrink(): void {
    for (const topic of this.#topics.keys()) {
      if (this.#size <= MAX_TIMES || this.#topics.size === 1) return;
      this.#startAnew(topic, null);
    }
  }
}
