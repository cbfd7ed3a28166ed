/** The terminal that a person sits at. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** Until it is closed: every key at once, the keys of signals too, and every change of the size. */
  listen(listeners: { readonly onKey: (key: string) => void; readonly onResize: () => void }): {
    close(): void;
  };
}

/** For a terminal that does not tell its size. */
const USUAL_SIZE = { columns: 80, rows: 24 } as const;

/** The terminal of this process; null when standard input or output is none. */
export function processTerminal(): Terminal | null {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return null;
  return {
    get columns() {
      return stdout.columns > 0 ? stdout.columns : USUAL_SIZE.columns;
    },
    get rows() {
      return stdout.rows > 0 ? stdout.rows : USUAL_SIZE.rows;
    },
    write: (text) => void stdout.write(text),
    listen: ({ onKey, onResize }) => {
      // Who reads lines would take the keys for a line, too.
      const others = stdin.listeners('data') as ((data: Buffer) => void)[];
      for (const other of others) stdin.off('data', other);
      const wasPaused = stdin.isPaused();
      const hear = (data: Buffer): void => onKey(data.toString());
      stdin.setRawMode(true);
      stdin.on('data', hear);
      stdin.resume();
      stdout.on('resize', onResize);
      return {
        close: () => {
          stdout.off('resize', onResize);
          stdin.off('data', hear);
          stdin.setRawMode(false);
          for (const other of others) stdin.on('data', other);
          if (wasPaused || others.length === 0) stdin.pause();
        },
      };
    },
  };
}

/** Whether colours are wanted: on a terminal that knows them, unless NO_COLOR says no. */
export function wantsColour(): boolean {
  const { NO_COLOR, TERM } = process.env;
  return process.stdout.isTTY && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
}
