import { describe, expect, it } from '@jest/globals';
import { relative } from 'node:path';
import ts from 'typescript';
import { packageFile, packageRoot } from '../../runtime/package-root.js';

const resolutions: [string, ts.ModuleKind, ts.ModuleResolutionKind][] = [
  ['node16', ts.ModuleKind.Node16, ts.ModuleResolutionKind.Node16],
  ['bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
];

describe.each(resolutions)(
  'the declarations of hview/client, resolved as %s',
  (_, module, moduleResolution) => {
    const program = ts.createProgram([packageFile('dist', 'client', 'index.d.ts')], {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      // No types of Node, nor of anything else.
      types: [],
      lib: ['lib.es2022.d.ts'],
      module,
      moduleResolution,
    });

    it('hold without any other types', () => {
      const problems = ts.getPreEmitDiagnostics(program);
      expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual(
        [],
      );
    });

    it('need no package', () => {
      const files = program.getSourceFiles().map(({ fileName }) => relative(packageRoot(), fileName));
      const foreign = files.filter((file) => !/^dist\/client\//.test(file.replaceAll('\\', '/')));
      expect(foreign.filter((file) => !/typescript\/lib\/lib\.[\w.]+\.d\.ts$/.test(file))).toEqual([]);
    });
  },
);
