import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../runtime/package-root.js';

/** What each room may import besides itself and Node's own modules. */
const ROOMS: Record<string, { rooms: string[]; packages: string[] }> = {
  runtime: { rooms: [], packages: ['pino', 'prom-client'] },
  protocol: {
    rooms: ['runtime'],
    packages: [
      '@grpc/grpc-js',
      '@grpc/proto-loader',
      '@grpc/reflection',
      'grpc-health-check',
      '@bufbuild/protobuf',
    ],
  },
  filters: { rooms: ['runtime', 'protocol/model'], packages: [] },
  plugins: { rooms: ['runtime', 'protocol/model'], packages: ['ini', 'yaml', 'fast-xml-parser'] },
  agent: {
    rooms: ['runtime', 'protocol', 'filters', 'plugins'],
    packages: ['tail-file', 'chokidar', 'picomatch'],
  },
  server: { rooms: ['runtime', 'protocol'], packages: ['libsql'] },
  client: { rooms: ['runtime', 'protocol'], packages: [] },
  page: {
    rooms: ['protocol/json-api', 'protocol/verdict', 'protocol/model', 'protocol/system-of'],
    packages: ['preact', 'uplot'],
  },
  cli: { rooms: ['runtime', 'protocol', 'filters', 'plugins', 'agent', 'server'], packages: [] },
};

/** Parts of the aggregator that meet only directly below server/. */
const SERVER_PARTS = ['store', 'inference', 'relay', 'persistence', 'verdicts', 'alerts'];

interface SourceFile {
  /** Path below the package, with forward slashes. */
  readonly path: string;
  readonly imports: readonly string[];
}

const root = packageRoot();

function sourcesOf(room: string): SourceFile[] {
  return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => {
      const path = join(root, room, file);
      const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'), true, true);
      return {
        path: relative(root, path).replaceAll('\\', '/'),
        imports: importedFiles.map(({ fileName }) =>
          fileName.startsWith('.')
            ? relative(root, join(dirname(path), fileName))
                .replaceAll('\\', '/')
                .replace(/\.js$/, '.ts')
                .replace(/\.jsx$/, '.tsx')
            : fileName,
        ),
      };
    });
}

const sources = new Map(Object.keys(ROOMS).map((room) => [room, sourcesOf(room)]));
const all = [...sources.values()].flat();
const isOurs = (name: string): boolean =>
  Object.hasOwn(ROOMS, name.split('/')[0] ?? '') && /\.(tsx?|css)$/.test(name);

describe('the house', () => {
  it.each(Object.keys(ROOMS))('has sources in %s', (room) => {
    expect(sources.get(room)?.length).toBeGreaterThan(0);
  });

  it.each(Object.entries(ROOMS))('lets %s import only what it may', (room, allowed) => {
    const offences = (sources.get(room) ?? []).flatMap(({ path, imports }) =>
      imports
        .filter((name) =>
          isOurs(name)
            ? ![room, ...allowed.rooms].some(
                (other) => name.startsWith(`${other}/`) || name === `${other}.ts`,
              )
            : !name.startsWith('node:') &&
              !allowed.packages.some((other) => name === other || name.startsWith(`${other}/`)),
        )
        .map((name) => `${path} -> ${name}`),
    );
    expect(offences).toEqual([]);
  });

  it('lets the page know of the protocol no more than types and the systems', () => {
    const offences = all
      .filter(({ path }) => path.startsWith('page/'))
      .flatMap(({ path }) =>
        [
          ...readFileSync(join(root, path), 'utf8').matchAll(
            /^import (?!type ).*'(?:\.\.\/)+protocol\/(?!system-of\.js).*$/gm,
          ),
        ].map(([statement]) => `${path}: ${statement}`),
      );
    expect(offences).toEqual([]);
  });

  it('keeps the generated code behind protocol', () => {
    const offences = all.filter(
      ({ path, imports }) =>
        !path.startsWith('protocol/') && imports.some((name) => name.startsWith('protocol/generated/')),
    );
    expect(offences).toEqual([]);
  });

  it('lets store, inference, relay and persistence meet only in the aggregator', () => {
    const offences = SERVER_PARTS.flatMap((part) =>
      all
        .filter(({ path }) => path.startsWith(`server/${part}/`))
        .filter(({ imports }) =>
          SERVER_PARTS.some(
            (other) => other !== part && imports.some((name) => name.startsWith(`server/${other}/`)),
          ),
        ),
    );
    expect(offences).toEqual([]);
  });

  it('has no circle of files', () => {
    const importsOf = new Map(all.map(({ path, imports }) => [path, imports.filter(isOurs)]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      const start = trail.indexOf(path);
      if (start !== -1) circles.push([...trail.slice(start), path].join(' -> '));
      if (start !== -1 || done.has(path)) return;
      for (const next of importsOf.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const { path } of all) visit(path, []);
    expect(circles).toEqual([]);
  });
});
