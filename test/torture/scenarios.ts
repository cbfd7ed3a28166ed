import { COMPRESSION_SCENARIOS } from './compression-scenarios.js';
import { CRASH_SCENARIOS } from './crash-scenarios.js';
import { DELIVERY_SCENARIOS } from './delivery-scenarios.js';
import { ROTATION_SCENARIOS } from './rotation-scenarios.js';
import type { Scenario } from './scenario.js';

export const SCENARIOS: readonly Scenario[] = [
  ...ROTATION_SCENARIOS,
  ...COMPRESSION_SCENARIOS,
  ...CRASH_SCENARIOS,
  ...DELIVERY_SCENARIOS,
];
