#!/usr/bin/env node
import { compileSmall, keepHeapSmall } from '../runtime/small-heap.js';

// It runs beside each server, so it has to be small.
keepHeapSmall({ youngMebibytes: 1, oldGrowthPercent: 25 });
compileSmall();
await import('./logtail-main.js');
