import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../runtime/clock.js';
import { silentLogger } from '../../../runtime/logger.js';
import { TokenTable } from '../../../server/access/token-table.js';
import { eventually } from '../../support/aggregators.js';

const ONE = '1111111111111111aaaa';
const TWO = '2222222222222222bbbb';

let folder: string;
let file: string;
const tables: TokenTable[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-tokens-'));
  file = join(folder, 'tokens');
});

afterEach(() => {
  for (const table of tables.splice(0)) table.close();
  rmSync(folder, { recursive: true });
});

function tableOf(text: string, mode = 0o600): TokenTable {
  writeFileSync(file, text);
  chmodSync(file, mode);
  const table = new TokenTable(file, { clock: systemClock, logger: silentLogger });
  tables.push(table);
  return table;
}

describe('a file of tokens', () => {
  it('says who holds each, and what the holder may do', () => {
    const table = tableOf(`# agents\nagents submit ${ONE}\n\nops query,relay ${TWO}\n`);
    expect(table.holder(ONE)).toMatchObject({ name: 'agents', roles: new Set(['submit']) });
    expect(table.holder(TWO)).toMatchObject({ name: 'ops', roles: new Set(['query', 'relay']) });
    expect(table.holder(`${ONE}x`)).toBeUndefined();
    expect(table.holder('')).toBeUndefined();
  });

  it('has all roles under one word', () => {
    const roles = tableOf(`pano all ${ONE}`).holder(ONE)?.roles;
    expect([...(roles ?? [])].sort()).toEqual(['query', 'relay', 'submit']);
  });

  it('takes over a change, so that a token can be replaced while both count', async () => {
    const table = tableOf(`agents submit ${ONE}`);
    writeFileSync(file, `agents submit ${ONE}\nagents submit ${TWO}`);
    await eventually(
      async () => Promise.resolve(table.holder(TWO)),
      (holder) => holder !== undefined,
    );
    expect(table.holder(ONE)?.name).toBe('agents');
    writeFileSync(file, `agents submit ${TWO}`);
    await eventually(
      async () => Promise.resolve(table.holder(ONE)),
      (holder) => holder === undefined,
    );
  });

  it('that is spoilt leaves the old tokens in use', async () => {
    const table = tableOf(`agents submit ${ONE}`);
    writeFileSync(file, 'agents everything short');
    await new Promise((resolve) => systemClock.after(500, () => resolve(undefined)));
    expect(table.holder(ONE)?.name).toBe('agents');
  });

  it.each([
    ['', 'holds no token'],
    [`agents submit`, 'line of "agents": has to have three words: name, roles, token'],
    [`agents submit ${ONE} more`, 'line of "agents": has to have three words'],
    [`agents write ${ONE}`, 'line of "agents": "write" is none of submit, query, relay, all'],
    ['agents submit short', 'line of "agents": the token is too short'],
    ['agents submit 1111111111111111"', 'the token is too short or has characters that it may not have'],
    [`${ONE} submit`, 'line of "...": has to have three words'],
  ])('%j is refused', (text, message) => {
    expect(() => tableOf(text)).toThrow(message);
  });

  it('is refused when every user of the machine can read it, and taken when its group can', () => {
    expect(() => tableOf(`agents submit ${ONE}`, 0o644)).toThrow('is open to every user of this machine');
    expect(tableOf(`agents submit ${ONE}`, 0o640).holder(ONE)?.name).toBe('agents');
  });
});
