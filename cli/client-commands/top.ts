import type { VerdictSummary } from '../../protocol/verdict.js';
import type { Timer } from '../../runtime/clock.js';
import { every } from '../../runtime/clock.js';
import { describeError } from '../../runtime/errors.js';
import type { Terminal } from '../terminal/terminal.js';
import { countsText, roomFor, screenLines, tableLines } from '../verdict-format/top-table.js';
import type { ClientCommand, Session } from './command.js';
import { followVerdicts } from './follow-verdicts.js';
import { verdictWords } from './verdict-words.js';

/** How often the ages are drawn anew, milliseconds. */
const TICK_MS = 1000;

/** Between two questions for the list at least, milliseconds. */
const REFRESH_MS = 250;

/** The other screen, without a cursor; and back again. */
const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l';

const QUIT_KEYS: readonly string[] = ['q', 'Q', '\u0003', '\u0004', '\u001b'];

export const top: ClientCommand = {
  word: 'top',
  usage: 'top',
  summary: 'the verdicts on all subjects, worst first, live in a terminal; elsewhere once',
  run: async (session, words) => {
    verdictWords('top', words, []);
    const { terminal, verdicts, clock, paint, print } = session;
    if (terminal !== null) {
      await new LiveTable(session, terminal).run();
      return;
    }
    const { verdicts: list } = await verdicts.list();
    if (list.length === 0) print('Nothing was reported yet.\n');
    else {
      const lines = tableLines(list, { nowMs: clock.now(), paint, columns: Infinity });
      print(`${countsText(list, paint)}\n\n${lines.join('\n')}\n`);
    }
  },
};

/** A table that fills the screen until a key or a signal ends it. */
class LiveTable {
  readonly #session: Session;
  readonly #terminal: Terminal;
  readonly #quit = new AbortController();
  #list: readonly VerdictSummary[] = [];
  #first = 0;
  #trouble = '';
  #refreshing: Timer | null = null;
  #isAsking = false;
  /** Signs of life that were not asked after yet. */
  #unseen = 0;

  constructor(session: Session, terminal: Terminal) {
    this.#session = session;
    this.#terminal = terminal;
  }

  /** Rejects with what the aggregator says when it cannot be asked at all. */
  async run(): Promise<void> {
    const { clock, verdicts, random, signal } = this.#session;
    // Before the screen is taken: who cannot be asked gets a plain message.
    this.#list = (await verdicts.list()).verdicts;
    const onAbort = (): void => this.#quit.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#terminal.write(ENTER_SCREEN);
    const input = this.#terminal.listen({
      onKey: (key) => this.#onKey(key),
      onResize: () => this.#draw(),
    });
    const ticking = every(clock, TICK_MS, () => this.#draw());
    try {
      this.#draw();
      await followVerdicts({
        ...{ verdicts, clock, random, signal: this.#quit.signal, subjects: [] },
        // With every sign of life, so that what is not told of (a score, a time) is not older than that.
        onEvent: () => this.#refreshSoon(),
        onTrouble: ({ message }) => this.#say(`${message}; trying again. What is shown is from before.`),
        onResumed: () => this.#say(''),
      });
    } finally {
      ticking.cancel();
      this.#refreshing?.cancel();
      input.close();
      this.#terminal.write(LEAVE_SCREEN);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #onKey(key: string): void {
    const page = roomFor(this.#terminal.rows);
    if (QUIT_KEYS.includes(key)) this.#quit.abort();
    else if (key === '\u001b[A' || key === 'k') this.#scroll(-1);
    else if (key === '\u001b[B' || key === 'j') this.#scroll(1);
    else if (key === '\u001b[5~') this.#scroll(-page);
    else if (key === '\u001b[6~' || key === ' ') this.#scroll(page);
  }

  #scroll(lines: number): void {
    const last = Math.max(0, this.#list.length - roomFor(this.#terminal.rows));
    this.#first = Math.max(0, Math.min(this.#first + lines, last));
    this.#draw();
  }

  #say(trouble: string): void {
    this.#trouble = trouble;
    this.#draw();
  }

  /** Many changes at once are one question. */
  #refreshSoon(): void {
    this.#unseen += 1;
    if (this.#quit.signal.aborted) return;
    if (this.#refreshing !== null || this.#isAsking) return;
    this.#refreshing = this.#session.clock.after(REFRESH_MS, () => {
      this.#refreshing = null;
      void this.#refresh();
    });
  }

  async #refresh(): Promise<void> {
    this.#isAsking = true;
    this.#unseen = 0;
    try {
      this.#list = (await this.#session.verdicts.list()).verdicts;
      this.#say('');
    } catch (error) {
      if (!this.#quit.signal.aborted) this.#say(describeError(error));
    } finally {
      this.#isAsking = false;
      if (this.#unseen > 0) this.#refreshSoon();
    }
  }

  #draw(): void {
    if (this.#quit.signal.aborted) return;
    const { clock, paint, target } = this.#session;
    const { columns, rows } = this.#terminal;
    const lines = screenLines(
      { target, verdicts: this.#list, first: this.#first, trouble: this.#trouble },
      { nowMs: clock.now(), paint, columns, rows },
    );
    // Over what stands there, each line to its end: clearing first would flicker.
    this.#terminal.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
  }
}
