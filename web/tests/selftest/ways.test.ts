// @vitest-environment node
import { expect, test } from 'vitest';
import { only, overTcp } from '@/selftest/ways';

const ANSWER = [
  'v=0',
  'a=candidate:1 1 udp 2130706431 192.0.2.7 8444 typ host',
  'a=candidate:2 1 TCP 1671430143 192.0.2.7 8444 typ host tcptype passive',
  'a=end-of-candidates',
  '',
].join('\r\n');

test('a way is tried with its own candidates alone; the relay reaches the media port over UDP', () => {
  const rows = (way: 'udp' | 'tcp' | 'relay'): string[] => only(way, ANSWER).split('\r\n').slice(1, 3);
  const udp = ['a=candidate:1 1 udp 2130706431 192.0.2.7 8444 typ host', 'a=end-of-candidates'];
  expect(rows('udp')).toEqual(udp);
  expect(rows('relay')).toEqual(udp);
  expect(rows('tcp')[0]).toContain(' TCP ');
  expect(only('tcp', ANSWER)).not.toContain(' udp ');
});

test('of the relay the addresses are tried that a network without UDP lets through', () => {
  const urls = ['turn:r:3478?transport=udp', 'turn:r:3478?transport=tcp', 'turns:r:443?transport=tcp'];
  expect(overTcp([{ urls, username: 'u', credential: 'c' }])).toEqual([
    { urls: urls.slice(1), username: 'u', credential: 'c' },
  ]);
  expect(overTcp([{ urls: urls.slice(0, 1), username: 'u', credential: 'c' }])).toEqual([]);
});
