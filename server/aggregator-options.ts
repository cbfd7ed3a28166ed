import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { ProcessMemory } from '../runtime/process-memory.js';
import type { AggregatorConfig } from './config.js';
import type { AdmissionLimits } from './intake/admission.js';
import type { Persistence } from './persistence/persistence.js';
import type { RelayLogLimits } from './relay/relay-log.js';

export interface AggregatorOptions {
  readonly config: AggregatorConfig;
  readonly persistence: Persistence;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** What may wait for the journal before more is sent away; default 50,000 reports and 16 MB. */
  readonly admission?: AdmissionLimits;
  /** Ids of reports that are remembered, so that one sent again has no effect; default 500,000. */
  readonly rememberedIds?: number;
  /** What is kept for peers that are away; default 50,000 reports and 32 MB. */
  readonly relayLog?: RelayLogLimits;
  /** What is held against the limit on memory; default this process. */
  readonly memory?: ProcessMemory;
}
