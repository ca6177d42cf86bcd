// @vitest-environment node
import { expect, test } from 'vitest';
import { recall } from '@/rtc/devices';
import { loudness, SPEECH, SpeechDetector } from '@/rtc/meter';
import { withLongPackets, withRedundantFirst } from '@/rtc/sdp';
import { link, type Reading, read } from '@/rtc/stats';

const SLOT_OF_MID = new Map([
  ['7', 0],
  ['9', 1],
]);

function report(received: number, lost: number, freezes: number): unknown[] {
  return [
    { id: 'T', type: 'transport', selectedCandidatePairId: 'P', packetsReceived: received + 5 },
    {
      id: 'P',
      type: 'candidate-pair',
      currentRoundTripTime: 0.042,
      bytesReceived: received * 1_000,
      bytesSent: received * 500,
    },
    { id: 'a', type: 'inbound-rtp', kind: 'audio', mid: '6', packetsReceived: received / 2, packetsLost: 0 },
    {
      id: 'v',
      type: 'inbound-rtp',
      kind: 'video',
      mid: '7',
      packetsReceived: received / 2,
      packetsLost: lost,
      framesDecoded: 33,
      totalFreezesDuration: freezes,
    },
    { id: 'r', type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.01, packetsLost: 8 },
    { id: 'o', type: 'outbound-rtp', kind: 'audio', packetsSent: 90 },
    { id: 'R', type: 'remote-inbound-rtp', kind: 'audio', fractionLost: 0.09, packetsLost: 3 },
  ];
}

const reading = (received: number, lost: number, freezes: number, atMs: number): Reading =>
  read(report(received, lost, freezes), SLOT_OF_MID, atMs);

test('a reading holds what getStats says of the line and of each slot', () => {
  expect(reading(100, 4, 0.5, 7)).toEqual({
    atMs: 7,
    packetsIn: 105,
    bytesIn: 100_000,
    bytesOut: 50_000,
    received: 100,
    lost: 4,
    rttMs: 42,
    way: null,
    fractionLostUp: 0.01,
    voice: { sent: 90, lost: 3 },
    pictures: new Map([[0, { framesDecoded: 33, freezeMs: 500 }]]),
  });
});

test('a report of a connection that does not stand yet is all noughts', () => {
  expect(read([], SLOT_OF_MID, 0)).toMatchObject({ packetsIn: 0, rttMs: 0, pictures: new Map() });
});

test.each([
  [{ candidateType: 'host', protocol: 'udp' }, 'udp'],
  [{ candidateType: 'prflx', protocol: 'udp' }, 'udp'],
  [{ candidateType: 'host', protocol: 'tcp', tcpType: 'active' }, 'tcp'],
  [{ candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' }, 'relay'],
])('the way in use is that of the chosen pair: %o is %s', (candidate, way) => {
  const chosen = [
    { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
    { id: 'P', type: 'candidate-pair', localCandidateId: 'L' },
    { id: 'L', type: 'local-candidate', ...candidate },
  ];
  expect(read(chosen, SLOT_OF_MID, 0).way).toBe(way);
});

test('the line is the difference of two readings', () => {
  const said = link(reading(1_000, 0, 0, 0), reading(1_950, 50, 0, 5_000), new Set());
  expect(said).toEqual({ type: 'link', rtt_ms: 42, loss_permille: 50, down_kbps: 1_520, up_kbps: 760, freeze_ms: 0 });
});

test('freezes count only in slots that had the same seat all the time', () => {
  const [before, now] = [reading(0, 0, 1, 0), reading(0, 0, 3, 5_000)];
  expect(link(before, now, new Set([0])).freeze_ms).toBe(2_000);
  expect(link(before, now, new Set([1])).freeze_ms).toBe(0);
});

test('loss is the worse of both directions, and never below nought when a late packet undoes a loss', () => {
  const [before, now] = [reading(100, 10, 0, 0), reading(200, 5, 0, 5_000)];
  expect(link(before, now, new Set()).loss_permille).toBe(10);
});

test('low speech gets long packets, the other lines keep theirs', () => {
  const answer = 'v=0\r\nm=audio 9 X 111\r\na=mid:0\r\nm=audio 9 X 111\r\na=mid:1\r\nm=video 9 X 108\r\na=mid:2\r\n';
  expect(withLongPackets(answer, 1)).toBe(
    'v=0\r\nm=audio 9 X 111\r\na=mid:0\r\nm=audio 9 X 111\r\na=mid:1\r\na=ptime:60\r\na=maxptime:60\r\nm=video 9 X 108\r\na=mid:2\r\n',
  );
});

test("the server's own packet time is respected, and an answer without the line left alone", () => {
  const told = 'v=0\r\nm=audio 9 X 111\r\nm=audio 9 X 111\r\na=ptime:40\r\n';
  expect(withLongPackets(told, 1)).toBe(told);
  expect(withLongPackets('v=0\r\n', 1)).toBe('v=0\r\n');
});

test('a device is known again by label and group, by label in another socket, and not by group alone', () => {
  const left = { label: 'HD Camera', groupId: 'left' };
  const right = { label: 'HD Camera', groupId: 'right' };
  const other = { label: 'Document', groupId: 'left' };
  expect(recall(right, [left, right])).toBe(right);
  expect(recall({ label: 'HD Camera', groupId: 'gone' }, [other, left])).toBe(left);
  expect(recall({ label: 'Gone', groupId: 'left' }, [left])).toBeNull();
  expect(recall({ label: '', groupId: '' }, [{ label: '', groupId: '' }])).toBeNull();
  expect(recall(null, [left])).toBeNull();
});

test('loudness runs from -60 dB to full scale', () => {
  expect(loudness(new Float32Array(128))).toBe(0);
  expect(loudness(new Float32Array(128).fill(1))).toBe(100);
  expect(loudness(new Float32Array(128).fill(0.001))).toBe(0);
  expect(loudness(new Float32Array(128).fill(0.1))).toBe(67);
});

test('speech must last, may pause shortly, and ends', () => {
  const speech = new SpeechDetector();
  const heard = [0, 100, 200, 300, 400].map((ms) => speech.hear(SPEECH, ms));
  expect(heard).toEqual([false, false, false, false, true]);
  expect(speech.hear(0, 900)).toBe(true);
  expect(speech.hear(0, 1_100)).toBe(false);
  expect(speech.hear(SPEECH, 1_200)).toBe(false);
});

test('redundant sound is asked for by its place in the answer, where it was agreed on', () => {
  const plain = 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n';
  const both = 'm=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n';
  const answer = `v=0\r\n${both}${plain}`;
  expect(withRedundantFirst(answer, 0)).toBe(answer.replace('SAVPF 111 63', 'SAVPF 63 111'));
  expect(withRedundantFirst(withRedundantFirst(answer, 0), 0)).toBe(withRedundantFirst(answer, 0));
  for (const other of [1, 2]) expect(withRedundantFirst(answer, other)).toBe(answer);
});
