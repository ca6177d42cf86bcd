// @vitest-environment node
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from '@/board/sha256';

test('the digests of FIPS 180-2, appendix B', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe(
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
});

test('every length around the block boundaries, and text beyond ASCII, as another implementation has it', () => {
  for (let length = 0; length <= 200; length += 1) {
    const text = '课'.repeat(length % 7) + 'x'.repeat(length);
    expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
  }
});
