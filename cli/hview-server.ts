#!/usr/bin/env node
import { keepServerHeapSmall } from './server-heap.js';

keepServerHeapSmall();
await import('./server-main.js');
