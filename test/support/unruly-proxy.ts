import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** What becomes of connections that are there, and of those that come, until the network is healed. */
export type Trouble =
  /** Nothing gets through, and nobody is told. */
  | 'silence'
  /** Connections are reset, new ones too. */
  | 'reset'
  /** Connections are closed for writing at both ends, and new ones at once. */
  | 'half-close';

/** Stands between two programs on this machine, and is their network. */
export class UnrulyProxy {
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();
  #trouble: Trouble | null = null;
  /** Every piece is held back so long, milliseconds. */
  delayMs = 0;

  private constructor(private readonly targetPort: number) {}

  /** In front of this port of loopback. */
  static async open(targetPort: number): Promise<UnrulyProxy> {
    const proxy = new UnrulyProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(trouble: Trouble): void {
    this.#trouble = trouble;
    for (const socket of this.#sockets) this.#afflict(socket);
  }

  /** From now on everything gets through; what was held back in silence is lost with its connections. */
  heal(): void {
    this.#trouble = null;
    for (const socket of this.#sockets) if (socket.isPaused()) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    const target = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [
      [socket, target],
      [target, socket],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (piece) => {
        if (this.delayMs === 0) to.write(piece);
        else setTimeout(() => to.destroyed || to.write(piece), this.delayMs);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      this.#afflict(from);
    }
  }

  #afflict(socket: Socket): void {
    if (this.#trouble === 'silence') socket.pause();
    else if (this.#trouble === 'reset') socket.resetAndDestroy();
    else if (this.#trouble === 'half-close') socket.end();
  }
}
