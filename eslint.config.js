import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Who may import whom; test/architecture.test.ts checks the same over the whole tree, cycles included.
const rooms = {
  runtime: ['agent', 'cli', 'client', 'filters', 'page', 'plugins', 'protocol', 'server', 'test'],
  protocol: ['agent', 'cli', 'client', 'filters', 'page', 'plugins', 'server', 'test'],
  filters: ['agent', 'cli', 'client', 'page', 'plugins', 'server', 'test'],
  plugins: ['agent', 'cli', 'client', 'filters', 'page', 'server', 'test'],
  agent: ['cli', 'client', 'page', 'server', 'test'],
  client: ['agent', 'cli', 'filters', 'page', 'plugins', 'server', 'test'],
  server: ['agent', 'cli', 'client', 'filters', 'page', 'plugins', 'test'],
  cli: ['client', 'page', 'test'],
  page: ['agent', 'cli', 'client', 'filters', 'plugins', 'runtime', 'server', 'test'],
};

export default tseslint.config(
  { ignores: ['dist/', 'protocol/generated/', 'samples/**/*.mjs'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.{ts,tsx}'] })),
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Numbers in messages read well without String().
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `() => emitter.emit(...)` where nobody looks at the value.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // process.env['X'] is what noPropertyAccessFromIndexSignature asks for.
      '@typescript-eslint/dot-notation': 'off',
    },
  },
  ...Object.entries(rooms).map(([room, forbidden]) => ({
    files: [`${room}/**/*.{ts,tsx}`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: forbidden.map((other) => `**/${other}/**`),
              message: `${room} must not import from there; see ARCHITECTURE.md.`,
            },
          ],
        },
      ],
    },
  })),
  {
    files: ['{agent,client,filters,plugins,server,protocol}/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval'].map((name) => ({
          name,
          message: 'Take time from runtime/clock.ts.',
        })),
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
