import type { Inference, Panorama, Report, Status, Timestamp } from '../../protocol/model.js';
import { Status as Statuses, timestampToMillis } from '../../protocol/model.js';
import type {
  Evidence,
  MetricVerdict,
  Verdict,
  VerdictChange,
  Verdicts,
  VerdictSummary,
  Vote,
} from '../../protocol/verdict.js';
import type { Clock } from '../../runtime/clock.js';
import { ChangeLog } from './change-log.js';
import type { KeptEvidence } from './evidence-book.js';
import { EvidenceBook } from './evidence-book.js';
import { observersOf, supporters } from './present-word.js';
import type { Standing } from './standing.js';
import { NO_STANDING, nextStanding, worstOf } from './standing.js';

/** What an observer says of a metric, weighed. */
interface WeighedVote {
  readonly name: string;
  readonly observer: string;
  readonly status: Status;
  readonly score: number;
  readonly time: Timestamp;
  readonly weight: number;
}

export interface AggregatorVerdictsOptions {
  /** Its name. */
  readonly algorithm: string;
  readonly panorama: (subject: string) => Panorama | undefined;
  readonly inferences: {
    get(subject: string): Inference | undefined;
    all(): ReadonlyMap<string, Inference>;
    votes(subject: string): readonly WeighedVote[];
  };
  /** Resolves when it is on disk, in the order of the calls; a null standing ends it. */
  readonly save: (subject: string, standing: Standing | null, change: VerdictChange | null) => Promise<void>;
  readonly clock: Clock;
  /** Changes that are kept; default 10,000. */
  readonly keptChanges?: number;
}

/** Of one start without earlier changes: more than there are changes in a second, for a long time. */
const SEQUENCES_PER_SECOND = 1000;

/**
 * The verdicts over all subjects: made of inferences, with the evidence of those who spoke. Told of reports,
 * inferences and their end. A change is told when it is on disk, so that no sequence ever stands for two.
 */
export class AggregatorVerdicts implements Verdicts {
  readonly #options: AggregatorVerdictsOptions;
  readonly #evidence = new EvidenceBook();
  readonly #standings = new Map<string, Standing>();
  readonly #log: ChangeLog;
  /** Of the last change that was made, told or not. */
  #sequence: number;
  /** Of the newest word by which anything changed: what follows from it happens then. */
  #lastWordMs = 0;

  constructor(options: AggregatorVerdictsOptions) {
    this.#options = options;
    // Above all that an aggregator without memory told before it was started again.
    this.#sequence = Math.floor(options.clock.now() / 1000) * SEQUENCES_PER_SECOND;
    this.#log = new ChangeLog(this.#sequence, options.keptChanges);
  }

  /** A report was taken; `evidence` is null when it is not known where it comes from. */
  reported(report: Report, evidence: Evidence | null): void {
    this.#evidence.add(report, evidence);
  }

  /** What is to be kept for `restoreEvidence`. */
  evidenceOf(subject: string): Iterable<KeptEvidence> {
    return this.#evidence.of(subject);
  }

  /** Where the report comes from, as long as it is the last word of its observer; otherwise null. */
  evidenceBehind({ observer, subject, observation }: Report): Evidence | null {
    for (const { name } of observation.metrics) {
      const evidence = this.#evidence.find(subject, observer, name, observation.time);
      if (evidence !== null) return evidence;
    }
    return null;
  }

  restoreEvidence(subject: string, kept: Iterable<KeptEvidence>): void {
    this.#evidence.restore(subject, kept);
  }

  restoreStanding(subject: string, standing: Standing): void {
    this.#standings.set(subject, standing);
  }

  /** Oldest first. */
  restoreChange(change: VerdictChange): void {
    this.#log.restore(change);
    this.#sequence = this.#log.last;
  }

  /** After all was restored and inferred: what nothing is said of any more stands no longer. */
  restored(): void {
    const { inferences } = this.#options;
    for (const subject of [...this.#standings.keys()])
      if (!inferences.all().has(subject)) this.ended(subject);
  }

  /** The subject's inference says something new. */
  inferred(inference: Inference): void {
    const { subject } = inference;
    const { clock } = this.#options;
    const panorama = this.#options.panorama(subject);
    const before = this.#standings.get(subject) ?? NO_STANDING;
    // A host whose clock is ahead does not make the future.
    const nowMs = clock.now();
    const standing = nextStanding(before, inference, (metrics, status) => {
      const [newest] = supporters(panorama, metrics, status);
      const wordMs = timestampToMillis(newest?.since ?? inference.observation.time);
      // Said earlier than what it changes: it is what others said that made it count.
      return Math.min(nowMs, wordMs > before.sinceMs ? wordMs : Math.max(wordMs, this.#lastWordMs));
    });
    this.#lastWordMs = Math.min(
      nowMs,
      Math.max(this.#lastWordMs, timestampToMillis(inference.observation.time)),
    );
    if (standing === before) return;
    this.#standings.set(subject, standing);
    if (standing.status === before.status) {
      this.#save(subject, standing, null);
      return;
    }
    const { status, score, metrics } = worstOf(inference);
    const words = supporters(panorama, metrics, status);
    this.#change(subject, standing, {
      timeMs: standing.sinceMs,
      before: before.status,
      after: status,
      score,
      metrics,
      observers: observersOf(words),
      evidence: this.#firstEvidence(subject, words),
    });
  }

  /** Nothing is said of the subject any more. */
  ended(subject: string): void {
    const before = this.#standings.get(subject);
    this.#evidence.forget(subject);
    if (before === undefined) return;
    this.#standings.delete(subject);
    if (before.status === Statuses.NA) {
      this.#save(subject, null, null);
      return;
    }
    const timeMs = Math.max(before.sinceMs, this.#lastWordMs);
    const nothing = { score: 0, metrics: [], observers: [], evidence: null };
    this.#change(subject, null, { timeMs, before: before.status, after: Statuses.NA, ...nothing });
  }

  list(): readonly VerdictSummary[] {
    return Array.from(this.#options.inferences.all().values(), (inference) => this.#summary(inference)).sort(
      (a, b) => b.status - a.status || (a.subject < b.subject ? -1 : 1),
    );
  }

  explain(subject: string): Verdict | undefined {
    const { algorithm, inferences } = this.#options;
    const inference = inferences.get(subject);
    if (inference === undefined) return undefined;
    const votes = new Map<string, Vote[]>();
    for (const vote of inferences.votes(subject)) {
      const ofMetric = votes.get(vote.name);
      if (ofMetric === undefined) votes.set(vote.name, [this.#vote(subject, vote)]);
      else ofMetric.push(this.#vote(subject, vote));
    }
    const summary = this.#summary(inference);
    const since = this.#standings.get(subject)?.metrics;
    const verdicts = inference.observation.metrics.map(({ name, status, score }): MetricVerdict => ({
      name,
      status,
      score,
      sinceMs: since?.get(name)?.sinceMs ?? summary.timeMs,
      votes: (votes.get(name) ?? []).sort(
        (a, b) => b.status - a.status || b.weight - a.weight || b.timeMs - a.timeMs,
      ),
    }));
    verdicts.sort((a, b) => b.status - a.status || (a.name < b.name ? -1 : 1));
    return { ...summary, algorithm, verdicts };
  }

  history(filter: Parameters<Verdicts['history']>[0]): readonly VerdictChange[] {
    return this.#log.history(filter);
  }

  watch(onChange: (change: VerdictChange) => void, after?: number): { close(): void } | null {
    return this.#log.watch(onChange, after);
  }

  sequence(): number {
    return this.#log.last;
  }

  #summary(inference: Inference): VerdictSummary {
    const { subject, observation } = inference;
    const { status, score, metrics } = worstOf(inference);
    const timeMs = timestampToMillis(observation.time);
    const words = supporters(this.#options.panorama(subject), metrics, status);
    const sinceMs = this.#standings.get(subject)?.sinceMs ?? timeMs;
    return { subject, status, score, sinceMs, timeMs, metrics, observers: observersOf(words) };
  }

  #vote(subject: string, { name, observer, status, score, time, weight }: WeighedVote): Vote {
    const evidence = this.#evidence.find(subject, observer, name, time);
    return { observer, status, score, timeMs: timestampToMillis(time), weight, evidence };
  }

  #firstEvidence(subject: string, words: ReturnType<typeof supporters>): Evidence | null {
    for (const { observer, metric, time } of words) {
      const evidence = this.#evidence.find(subject, observer, metric, time);
      if (evidence !== null) return evidence;
    }
    return null;
  }

  #change(
    subject: string,
    standing: Standing | null,
    parts: Omit<VerdictChange, 'sequence' | 'subject'>,
  ): void {
    this.#sequence += 1;
    const change: VerdictChange = { sequence: this.#sequence, subject, ...parts };
    const tell = (): void => this.#log.add(change);
    // Whoever is to be woken at night is told even when the disk is full.
    this.#options.save(subject, standing, change).then(tell, tell);
  }

  #save(subject: string, standing: Standing | null, change: VerdictChange | null): void {
    // The journal tells its failures itself; a standing that is lost is found again by what was reported.
    this.#options.save(subject, standing, change).catch(() => undefined);
  }
}
