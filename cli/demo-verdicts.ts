import type { Finding } from '../agent/finding.js';
import { topicOf } from '../agent/finding.js';
import type { HealthQueries } from '../protocol/health-service.js';
import type { Inference } from '../protocol/model.js';
import { Status, statusName, timestampToMillis, worstStatus } from '../protocol/model.js';

/** Asks after each delivered finding what the aggregator makes of it, and tells when that changes. */
export class Verdicts {
  readonly #last = new Map<string, Status>();
  /** The newest finding of each observer in each context, by subject. */
  readonly #evidence = new Map<string, Map<string, Finding>>();
  #asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: Pick<HealthQueries, 'getInference'>,
    private readonly print: (text: string) => void,
  ) {}

  /** A finding is on its way. */
  note(finding: Finding): void {
    const { subject } = finding;
    const said = this.#evidence.get(subject) ?? new Map<string, Finding>();
    this.#evidence.set(subject, said.set(topicOf(finding), finding));
  }

  /** A finding on the subject was delivered. */
  check(subject: string): void {
    this.#asking = this.#asking.then(async () =>
      this.#tell(subject, await this.client.getInference(subject)),
    );
  }

  settled(): Promise<void> {
    return this.#asking;
  }

  #tell(subject: string, { observation }: Inference): void {
    const worst = worstStatus(observation);
    const before = this.#last.get(subject) ?? Status.NA;
    this.#last.set(subject, worst);
    const isSick = worst >= Status.UNHEALTHY;
    if (isSick === before >= Status.UNHEALTHY) return;
    this.print(
      `\n  VERDICT ${clockTime(timestampToMillis(observation.time))} ${subject} is ${statusName(worst)}`,
    );
    if (isSick) {
      for (const finding of this.#evidence.get(subject)?.values() ?? []) {
        if (finding.status < Status.UNHEALTHY) continue;
        this.print(`    ${finding.observer} wrote: ${finding.message}`);
        this.print(`    rule ${finding.rule.id}: ${finding.rule.why}`);
      }
    }
    this.print('');
  }
}

/** A finding on a line, for a screen. */
export function describeFinding({
  timeMs,
  observer,
  subject,
  context,
  status,
  score,
  message,
}: Finding): string {
  const text = message.length > 70 ? `${message.slice(0, 69)}…` : message;
  return `${clockTime(timeMs)} ${observer} -> ${subject} ${context} ${statusName(status)} ${score}  ${text}`;
}

function clockTime(millis: number): string {
  return new Date(millis).toISOString().slice(11, 23);
}
