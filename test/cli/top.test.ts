import { describe, expect, it } from '@jest/globals';
import type { Session } from '../../cli/client-commands/command.js';
import { top } from '../../cli/client-commands/top.js';
import type { Terminal } from '../../cli/terminal/terminal.js';
import { PLAIN } from '../../cli/verdict-format/paint.js';
import type { HealthService } from '../../protocol/health-service.js';
import { Status } from '../../protocol/model.js';
import type { VerdictService, WatchEvent } from '../../protocol/verdict-service.js';
import { HviewError } from '../../runtime/errors.js';
import { verdictHandlers } from '../../server/rpc/verdict-handlers.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { FakeVerdicts } from '../support/fake-verdicts.js';

const ENTERS = '\u001b[?1049h\u001b[?25l';
const LEAVES = '\u001b[?25h\u001b[?1049l';

class FakeTerminal implements Terminal {
  columns = 80;
  rows = 10;
  written = '';
  listeners: Parameters<Terminal['listen']>[0] | null = null;

  write(text: string): void {
    this.written += text;
  }

  listen(listeners: Parameters<Terminal['listen']>[0]): { close(): void } {
    this.listeners = listeners;
    return { close: () => (this.listeners = null) };
  }

  press(key: string): void {
    this.listeners?.onKey(key);
  }

  /** What was drawn last, without what is beyond the end of a line. */
  get screen(): string[] {
    const last = this.written.split('\u001b[H').at(-1) ?? '';
    return last.split('\r\n').map((line) => (line.split('\u001b')[0] ?? '').trimEnd());
  }
}

/** The service of an aggregator in this process, which can be cut off. */
class NearService implements VerdictService {
  readonly verdicts = new FakeVerdicts();
  readonly #handlers = verdictHandlers(this.verdicts);
  isAway = false;
  #wake: () => void = () => undefined;

  explain = (subject: string) => this.#reach(() => this.#handlers.explain(subject));
  list = () => this.#reach(() => this.#handlers.list());
  history = (filter: Parameters<VerdictService['history']>[0]) =>
    this.#reach(() => this.#handlers.history(filter));

  cut(): void {
    this.isAway = true;
    this.#wake();
  }

  async *watch(
    request: Parameters<VerdictService['watch']>[0],
    signal?: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    await this.#reach(() => undefined);
    const events: WatchEvent[] = [{ sequence: this.verdicts.sequence(), change: null }];
    const subscription = this.#handlers.watch(request, (change) => {
      events.push({ sequence: change.sequence, change });
      this.#wake();
    });
    signal?.addEventListener('abort', () => this.#wake());
    try {
      while (signal?.aborted !== true) {
        if (this.isAway) throw new HviewError('UNREACHABLE', 'nobody answers');
        const event = events.shift();
        if (event === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
        else yield event;
      }
    } finally {
      subscription.close();
    }
  }

  async #reach<Answer>(ask: () => Answer): Promise<Answer> {
    await settle();
    if (this.isAway) throw new HviewError('UNREACHABLE', 'nobody answers');
    return ask();
  }
}

function setUp() {
  const service = new NearService();
  const terminal = new FakeTerminal();
  const clock = new FakeClock();
  const abort = new AbortController();
  const session: Session = {
    service: {} as HealthService,
    verdicts: service,
    target: 'razor0:6688',
    clock,
    random: () => 0,
    print: (text) => terminal.write(text),
    warn: () => undefined,
    paint: PLAIN,
    terminal,
    signal: abort.signal,
    observer: 'client',
  };
  /** Lets all that is due happen. */
  const pass = async (millis: number): Promise<void> => {
    for (let passed = 0; passed < millis; passed += 50) {
      clock.advance(50);
      for (let turn = 0; turn < 5; turn += 1) await settle();
    }
  };
  return { service, terminal, abort, session, pass };
}

const say = (verdicts: FakeVerdicts, subject: string, status: Status): void =>
  verdicts.say(subject, [{ observer: 'peer@1', status }]);

describe('the live table', () => {
  it('takes the screen, draws what changes, and gives it back when q is pressed', async () => {
    const { service, terminal, session, pass } = setUp();
    say(service.verdicts, 'peer@2', Status.HEALTHY);
    const running = top.run(session, []);
    await pass(500);
    expect(terminal.written.startsWith(ENTERS)).toBe(true);
    expect(terminal.screen[0]).toMatch(/^hview top {2}razor0:6688 {2}1 subjects .* UTC$/);
    expect(terminal.screen[4]).toMatch(/^peer@2 {3}HEALTHY /);
    say(service.verdicts, 'peer@7', Status.DEAD);
    await pass(500);
    expect(terminal.screen[1]).toBe('1 DEAD, 1 HEALTHY');
    expect(terminal.screen[4]).toMatch(/^peer@7 {3}DEAD .* link \(peer@1\)$/);
    terminal.press('q');
    await pass(100);
    await running;
    expect(terminal.written.endsWith(LEAVES)).toBe(true);
    expect(terminal.listeners).toBeNull();
    expect(service.verdicts.watchers).toBe(0);
  });

  it('gives the screen back when a signal comes', async () => {
    const { terminal, session, abort, pass } = setUp();
    const running = top.run(session, []);
    await pass(300);
    abort.abort();
    await pass(100);
    await running;
    expect(terminal.written.endsWith(LEAVES)).toBe(true);
  });

  it('fits the window when that changes', async () => {
    const { service, terminal, session, pass } = setUp();
    for (let index = 0; index < 40; index += 1) say(service.verdicts, `s${index}`, Status.UNHEALTHY);
    const running = top.run(session, []);
    await pass(100);
    expect(terminal.screen).toHaveLength(10);
    Object.assign(terminal, { columns: 40, rows: 20 });
    terminal.listeners?.onResize();
    expect(terminal.screen).toHaveLength(20);
    expect(terminal.screen.filter((line) => line.length > 40)).toEqual([]);
    terminal.press('\u0003');
    await pass(100);
    await running;
  });

  it('scrolls', async () => {
    const { service, terminal, session, pass } = setUp();
    for (let index = 10; index < 40; index += 1) say(service.verdicts, `s${index}`, Status.UNHEALTHY);
    const running = top.run(session, []);
    await pass(100);
    expect(terminal.screen[4]).toMatch(/^s10 /);
    terminal.press('\u001b[B');
    expect(terminal.screen[4]).toMatch(/^s11 /);
    terminal.press('\u001b[6~');
    expect(terminal.screen[4]).toMatch(/^s16 /);
    terminal.press('\u001b[A');
    expect(terminal.screen[4]).toMatch(/^s15 /);
    terminal.press('q');
    await pass(100);
    await running;
  });

  it('keeps what it has while the aggregator is away, says so, and goes on', async () => {
    const { service, terminal, session, pass } = setUp();
    say(service.verdicts, 'peer@2', Status.HEALTHY);
    const running = top.run(session, []);
    await pass(500);
    service.cut();
    await pass(1000);
    expect(terminal.screen[1]).toBe('nobody answers; trying again. What is shown is from before.');
    expect(terminal.screen[4]).toMatch(/^peer@2 /);
    say(service.verdicts, 'peer@2', Status.DEAD);
    service.isAway = false;
    await pass(12_000);
    expect(terminal.screen[1]).toBe('1 DEAD');
    terminal.press('q');
    await pass(100);
    await running;
  });

  it('leaves the screen alone when nobody can be asked', async () => {
    const { service, terminal, session } = setUp();
    service.cut();
    await expect(top.run(session, [])).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(terminal.written).toBe('');
  });
});
