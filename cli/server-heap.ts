import { keepHeapSmall } from '../runtime/small-heap.js';

/**
 * To be called before anything else is loaded, and again when another thread was started. With less the
 * aggregator would spend more than a few per cent of its time on collecting garbage.
 */
export function keepServerHeapSmall(): void {
  keepHeapSmall({ youngMebibytes: 4, oldGrowthPercent: 50 });
}
