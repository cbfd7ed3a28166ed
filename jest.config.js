// Tests run over the compiled output: one build serves type check, tests and programs alike.
export default {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testEnvironment: 'node',
};
