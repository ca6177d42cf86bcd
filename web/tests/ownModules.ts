import { afterAll, vi } from 'vitest';

// Test files share a worker, since starting one takes longer than most of them. What makes each of them see the
// program as just loaded: modules of its own, the true clock and the true globals.
vi.resetModules();

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
