// Tests run over the compiled output: one build serves type check, tests and programs alike.
export default {
  // What hangs has to end; how fast a thing is belongs in test/bench, not here.
  testTimeout: 60_000,
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testEnvironment: 'node',
};
