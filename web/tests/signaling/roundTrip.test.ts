// @vitest-environment node
import { afterEach, expect, test, vi } from 'vitest';
import { requestsRoundTripMs } from '@/signaling/roundTrip';

const asked = (transferSize: number, requestStart: number, responseStart: number) =>
  ({ transferSize, requestStart, responseStart }) as PerformanceResourceTiming;

const found = (...entries: PerformanceResourceTiming[]): void => {
  vi.spyOn(performance, 'getEntriesByType').mockReturnValue(entries);
};

afterEach(() => vi.restoreAllMocks());

test('the quickest answer is the round trip', () => {
  found(asked(300, 100, 900), asked(1_000, 200, 840), asked(300, 500, 1_900));
  expect(requestsRoundTripMs()).toBe(640);
});

test('what the browser had kept, or never asked for, tells nothing', () => {
  found(asked(0, 100, 103), asked(300, 0, 0), asked(300, 100, 800));
  expect(requestsRoundTripMs()).toBe(700);
});

test('without any request it is unknown', () => {
  found();
  expect(requestsRoundTripMs()).toBe(0);
});
