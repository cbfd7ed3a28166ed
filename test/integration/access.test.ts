import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Client, status as GrpcStatus, Metadata, credentials } from '@grpc/grpc-js';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientSecurity } from '../../protocol/client-security.js';
import { HealthClient } from '../../protocol/health-client.js';
import type { MethodRole } from '../../protocol/method-rules.js';
import { METHOD_RULES } from '../../protocol/method-rules.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { NO_SECURITY } from '../../server/security-config.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';
import type { CertificateFiles } from '../support/certificates.js';
import { TestAuthority } from '../support/certificates.js';

const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
const TOKENS = { submit: 'submit-'.repeat(3), query: 'query-'.repeat(3), relay: 'relay-'.repeat(3) };

let authority: TestAuthority;
let own: CertificateFiles;
let tokenFile: string;
/** Every method that an aggregator answers, with the role that it needs. */
let offered: readonly (readonly [string, MethodRole])[];
const undo: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
  own = await authority.issue('aggregator');
  tokenFile = join(mkdtempSync(join(tmpdir(), 'hview-access-')), 'tokens');
  const lines = Object.entries(TOKENS).map(([role, token]) => `${role}-only ${role} ${token}\n`);
  writeFileSync(tokenFile, lines.join(''), { mode: 0o600 });

  const caller = new RawCaller(await guarded({}), {});
  const found: (readonly [string, MethodRole])[] = [];
  for (const [path, { role }] of METHOD_RULES)
    if ((await caller.call(path)).code !== GrpcStatus.UNIMPLEMENTED) found.push([path, role]);
  offered = found;
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function guarded(parts: Partial<typeof NO_SECURITY>): Promise<RunningAggregator> {
  const running = await runAggregator({ security: { ...NO_SECURITY, ...parts } });
  undo.push(() => running.stop());
  return running;
}

interface Shown {
  readonly isTls?: boolean;
  readonly certificate?: CertificateFiles;
  readonly token?: string;
}

/** Calls methods by their path with empty requests, whatever their types are. */
class RawCaller {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** gRPC's own credentials, which send any certificate, also one that ours would not. */
  constructor(
    { aggregator }: RunningAggregator,
    { certificate, isTls = certificate !== undefined, token }: Shown,
  ) {
    const read = (path: string | undefined): Buffer | null =>
      path === undefined ? null : readFileSync(path);
    this.#client = new Client(
      `localhost:${aggregator.address.port}`,
      isTls
        ? credentials.createSsl(read(authority.ca), read(certificate?.key), read(certificate?.cert))
        : credentials.createInsecure(),
    );
    if (token !== undefined) this.#metadata.set('authorization', `Bearer ${token}`);
    undo.push(() => this.#client.close());
  }

  /** The status of an empty request, and what came before it. */
  call(
    path: string,
    request = Buffer.alloc(0),
  ): Promise<{ code: GrpcStatus; details: string; replies: Buffer[] }> {
    const replies: Buffer[] = [];
    return new Promise((resolve) => {
      const bytes = (buffer: Buffer): Buffer => buffer;
      const call = this.#client.makeBidiStreamRequest(path, bytes, bytes, this.#metadata, {
        deadline: Date.now() + 10_000,
      });
      call.on('data', (reply: Buffer) => {
        replies.push(reply);
        // A stream that goes on for ever has said enough.
        if (METHOD_RULES.get(path)?.isStream === true && path !== REFLECTION) call.cancel();
      });
      call.on('error', () => undefined);
      call.on('status', ({ code, details }) => resolve({ code, details, replies }));
      call.write(request);
      call.end();
    });
  }

  /** Every method of every service that the reflection service tells of. */
  async methods(): Promise<string[]> {
    const listed = (await this.call(REFLECTION, Buffer.from([0x3a, 0]))).replies.join('');
    const services = [...listed.matchAll(/(?:idl|hview|grpc)\.[\w.]+/g)].map(([name]) => name);
    const paths = new Set<string>();
    for (const service of services) {
      const symbol = Buffer.from(service);
      const request = Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]);
      const [reply] = (await this.call(REFLECTION, request)).replies;
      for (const file of reply === undefined ? [] : filesIn(reply)) {
        for (const { name, method } of file.service)
          for (const each of method) paths.add(`/${file.package}.${name}/${each.name}`);
      }
    }
    return [...paths];
  }
}

/** The file descriptors in a ServerReflectionResponse: field 4, in it field 1. */
function filesIn(reply: Buffer) {
  return fields(reply, 4)
    .flatMap((answer) => fields(answer, 1))
    .map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

function fields(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[position++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (position < message.length) {
    const tag = varint();
    const length = (tag & 7) === 2 ? varint() : (varint(), 0);
    if (tag >> 3 === wanted) found.push(message.subarray(position, position + length));
    position += length;
  }
  return found;
}

/** What is answered when a call is let through: all but this. */
const KEPT_OUT = [GrpcStatus.UNAUTHENTICATED, GrpcStatus.PERMISSION_DENIED];

describe('the rules for methods', () => {
  it('are there for every method that the aggregator offers', async () => {
    const methods = await new RawCaller(await guarded({}), {}).methods();
    expect(methods.length).toBeGreaterThanOrEqual(17);
    expect(methods.filter((path) => !METHOD_RULES.has(path))).toEqual([]);
    expect(offered.map(([path]) => path)).toEqual(expect.arrayContaining(methods));
  });
});

describe('an aggregator that asks for certificates', () => {
  const allow = { submit: ['submit-*'], query: ['query-*'], relay: ['relay-*'] };
  const run = () => guarded({ ...own, clientCa: authority.ca, allow });

  it.each([
    ['none', () => undefined],
    ['one of another authority', async () => (await TestAuthority.create('another')).issue('submit-1')],
    ['one that has ended', () => authority.issue('query-old', { until: new Date(Date.now() - 1000) })],
  ])('answers no method to somebody with %s', async (_, make) => {
    const certificate = await make();
    const caller = new RawCaller(await run(), {
      isTls: true,
      ...(certificate === undefined ? {} : { certificate }),
    });
    for (const [path] of offered) {
      const { code, details } = await caller.call(path);
      expect({ path, code, details }).toEqual({
        path,
        code: GrpcStatus.UNAUTHENTICATED,
        details: expect.stringContaining('certificate'),
      });
    }
  });

  it.each(['submit', 'query', 'relay'])(
    'answers to the name for %s what it is for, and nothing else',
    async (role) => {
      const running = await run();
      const caller = new RawCaller(running, { certificate: await authority.issue(`${role}-1`) });
      for (const [path, needed] of offered) {
        const { code } = await caller.call(path);
        if (needed === role || needed === 'known') expect(KEPT_OUT).not.toContain(code);
        else expect({ path, code }).toEqual({ path, code: GrpcStatus.PERMISSION_DENIED });
      }
    },
  );
});

describe('an aggregator with tokens', () => {
  it.each([[undefined], ['not-a-token-that-is-known']])(
    'answers no method to who sends %s',
    async (token) => {
      const caller = new RawCaller(await guarded({ tokenFile }), token === undefined ? {} : { token });
      for (const [path] of offered) {
        expect({ path, ...(await caller.call(path)) }).toMatchObject({
          path,
          code: GrpcStatus.UNAUTHENTICATED,
          details: token === undefined ? 'no token was sent' : 'the token is not known',
        });
      }
    },
  );

  it.each(['submit', 'query', 'relay'] as const)(
    'answers to the token for %s what it is for, and nothing else',
    async (role) => {
      const caller = new RawCaller(await guarded({ tokenFile }), { token: TOKENS[role] });
      for (const [path, needed] of offered) {
        const { code } = await caller.call(path);
        if (needed === role || needed === 'known') expect(KEPT_OUT).not.toContain(code);
        else expect({ path, code }).toEqual({ path, code: GrpcStatus.PERMISSION_DENIED });
      }
    },
  );

  it('is used by our client with a token file, and told apart by what is wrong', async () => {
    const running = await guarded({ tokenFile });
    const file = join(mkdtempSync(join(tmpdir(), 'hview-token-')), 'token');
    writeFileSync(file, `${TOKENS.query}\n`, { mode: 0o600 });
    const security = new ClientSecurity({
      tls: null,
      tokenFile: file,
      clock: systemClock,
      logger: silentLogger,
    });
    const client = new HealthClient({
      target: running.client.target,
      security,
      onClose: () => security.close(),
    });
    undo.push(() => client.close());
    expect(await client.dumpInference()).toEqual(new Map());
    await expect(client.observe('peer@1')).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: `${client.target} does not allow Observe: "query-only" may not submit`,
    });
    await expect(running.client.getId()).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: `${client.target} does not know who calls: no token was sent`,
    });
    expect(running.aggregator.counts().calls).toMatchObject({ unauthenticated: 1, forbidden: 1 });
  });

  it('gets no token in plain text beyond this machine', () => {
    const security = new ClientSecurity({ tls: null, tokenFile, clock: systemClock, logger: silentLogger });
    undo.push(() => security.close());
    expect(() => security.channel('razor0:6688')).toThrow(
      'the token would travel in plain text to razor0:6688',
    );
    expect(() => security.channel('localhost:6688')).not.toThrow();
  });
});
