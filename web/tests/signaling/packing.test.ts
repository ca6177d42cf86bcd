// @vitest-environment node
import { expect, test } from 'vitest';
import { packed, unpacked } from '@/signaling/packing';

test('what is packed comes out as it was, and much smaller', async () => {
  const sdp = Array.from({ length: 400 }, (_, n) => `a=rtpmap:${n} H264/90000\r\n教室\r\n`).join('');
  const small = await packed(sdp);
  expect(small.length).toBeLessThan(sdp.length / 4);
  expect(await unpacked(small)).toBe(sdp);
});

test('what is no packing is an error', async () => {
  await expect(unpacked('AAAA')).rejects.toThrow();
});
