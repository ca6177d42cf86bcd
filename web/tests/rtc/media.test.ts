// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MediaLine } from '@/rtc/media';
import type { PeerParts } from '@/rtc/mediaOptions';
import type { LocalTracks, SlotLines, Thrift } from '@/rtc/peer';
import type { Layers, Link, Seat } from '@/signaling/wire.gen';

/** The far side of a connection, as the media line sees it. */
class MemoryPeer implements PeerParts {
  connected = false;
  closed = false;
  packets = 0;
  frames = 0;
  accepted: string[] = [];
  layers: Layers[] = [];
  readonly slots: SlotLines[] = [{ audio: { mid: '6' }, video: { mid: '7' } } as SlotLines];

  constructor(
    readonly connection: number,
    readonly changed: (state: RTCPeerConnectionState) => void,
  ) {}

  offer = async (): Promise<string> => `offer ${this.connection}`;
  accept = async (answer: string): Promise<void> => {
    if (answer === 'nonsense') throw new Error('not an answer');
    this.accepted.push(answer);
  };
  setTrack = async (): Promise<void> => {};
  patience: (number | null)[] = [];
  setPatience = (ms: number | null): void => {
    this.patience.push(ms);
  };
  thrifts: Thrift[] = [];
  setThrift = async (thrift: Thrift): Promise<void> => {
    this.thrifts.push(thrift);
  };
  setLoss = async (): Promise<void> => {};
  said: (ArrayBuffer | string)[] = [];
  say = (data: ArrayBuffer | string): boolean => this.said.push(data) > 0;
  setLayers = async (layers: Layers): Promise<void> => {
    this.layers.push(layers);
  };
  stats = async (): Promise<RTCStatsReport> =>
    new Map<string, unknown>([
      ['T', { id: 'T', type: 'transport', packetsReceived: this.packets, selectedCandidatePairId: 'P' }],
      ['P', { id: 'P', type: 'candidate-pair', localCandidateId: 'L' }],
      ['L', { id: 'L', type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' }],
      ['v', { id: 'v', type: 'inbound-rtp', kind: 'video', mid: '7', framesDecoded: this.frames }],
    ]) as unknown as RTCStatsReport;
  close = (): void => {
    this.closed = true;
  };
  connects(): void {
    this.connected = true;
    this.changed('connected');
  }
  breaks(state: RTCPeerConnectionState = 'failed'): void {
    this.connected = false;
    this.changed(state);
  }
}

const SEAT: Seat = { slot: 0, participant: 'staff-1', video: 'camera', audio: 'microphone', place: 'stage' };
const NO_TRACKS = {} as LocalTracks;

let peers: MemoryPeer[];
let offers: number[];
let phases: string[];
let shown: (readonly SlotLines[])[];
let playing: number[];
let links: Link[];
let ways: string[];
let signaling: boolean;
let doubts: number;
let line: MediaLine;
/** Peers that get packets and decode frames as time passes. */
let running: Set<MemoryPeer>;

const peer = (index: number): MemoryPeer => peers.at(index) as MemoryPeer;

beforeEach(() => {
  vi.useFakeTimers();
  [peers, offers, phases, shown, playing, links, ways, signaling] = [[], [], [], [], [], [], [], true];
  doubts = 0;
  running = new Set();
  line = new MediaLine({
    peer: (connection, changed) => {
      const made = new MemoryPeer(connection, changed);
      peers.push(made);
      return made;
    },
    offer: (connection) => {
      if (signaling) offers.push(connection);
      return signaling;
    },
    tracks: () => NO_TRACKS,
    phase: (phase) => phases.push(phase),
    show: (slots) => shown.push(slots),
    playing: (slots) => {
      playing = [...slots];
    },
    link: (said) => links.push(said),
    way: (way) => ways.push(way),
    doubt: () => {
      doubts += 1;
    },
    alive: () => {},
    now: () => Date.now(),
  });
});
afterEach(() => {
  line.close();
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) {
    for (const each of running) {
      each.packets += 1;
      each.frames += 1;
    }
    await vi.advanceTimersByTimeAsync(20);
  }
}

/** In the lesson with a picture on the screen. */
async function playingLesson(): Promise<MemoryPeer> {
  line.open();
  line.seats([SEAT], new Set([0]));
  await pass(20);
  await line.answered(1, 'answer');
  peer(0).connects();
  running.add(peer(0));
  await pass(400);
  return peer(0);
}

test('a silence of 0.8 s while somebody is seated makes the signaling line doubtful, a quiet room does not', async () => {
  running.add(await playingLesson());
  await pass(1_000);
  expect(doubts).toBe(0);
  running.clear();
  await pass(1_500);
  expect(doubts).toBeGreaterThan(0);
});

test('the page hears which way its connection goes', async () => {
  await playingLesson();
  await pass(600);
  expect(new Set(ways)).toEqual(new Set(['relay']));
});

test('one offer, one answer, and pictures', async () => {
  const first = await playingLesson();
  expect([offers, first.accepted, phases]).toEqual([[1], ['answer'], ['connecting', 'playing']]);
  expect(shown).toEqual([first.slots]);
  expect(playing).toEqual([0]);
});

test('an answer to another connection is not taken', async () => {
  line.open();
  await pass(20);
  await line.answered(7, 'answer');
  expect(peer(0).accepted).toEqual([]);
});

test('a broken connection is replaced, and shown until pictures play on the new one', async () => {
  const first = await playingLesson();
  first.breaks();
  await pass(20);
  expect(offers).toEqual([1, 2]);
  await line.answered(2, 'answer');
  peer(1).connects();
  await pass(200);
  expect([first.closed, shown.length]).toEqual([false, 1]);
  running.add(peer(1));
  await pass(400);
  expect([first.closed, shown.length]).toEqual([true, 2]);
  expect(phases.at(-1)).toBe('playing');
});

test('a new connection without pictures is taken into use after two seconds all the same', async () => {
  const first = await playingLesson();
  running.delete(first);
  first.breaks();
  await pass(20);
  await line.answered(2, 'answer');
  peer(1).connects();
  await pass(2_600);
  expect(shown).toHaveLength(2);
});

test('a second and a half without a packet, while somebody is seated, mean the connection is broken', async () => {
  running.delete(await playingLesson());
  await pass(1_000);
  expect(offers).toEqual([1]);
  await pass(1_000);
  expect(offers).toEqual([1, 2]);
  expect(phases.at(-1)).toBe('lost');
});

test('a line too thin for pictures is given a second more', async () => {
  running.delete(await playingLesson());
  line.thrift('sound');
  await pass(2_000);
  expect(offers).toEqual([1]);
  await pass(1_200);
  expect(offers).toEqual([1, 2]);
});

test('silence is nothing to worry about while nobody is expected', async () => {
  running.delete(await playingLesson());
  line.seats([], new Set());
  await pass(10_000);
  expect(offers).toEqual([1]);
});

test('after a signaling cut a connection that still gets packets is kept, a silent one replaced at once', async () => {
  const first = await playingLesson();
  line.lost();
  await pass(1_000);
  line.open();
  await pass(40);
  expect(offers).toEqual([1]);
  line.lost();
  running.delete(first);
  await pass(1_200);
  line.open();
  await pass(40);
  expect(offers).toEqual([1, 2]);
});

test('a connection whose offer went with the old line is made again', async () => {
  line.open();
  await pass(20);
  line.lost();
  line.open();
  await pass(20);
  expect([offers, peer(0).closed]).toEqual([[1, 2], true]);
});

test('a refused offer is made again, later and later', async () => {
  line.open();
  await pass(20);
  line.refused();
  expect(phases.at(-1)).toBe('refused');
  await pass(1_000);
  expect(offers).toEqual([1, 2]);
  line.refused();
  await pass(600);
  expect(offers).toEqual([1, 2]);
  await pass(1_000);
  expect(offers).toEqual([1, 2, 3]);
});

test('an answer that cannot be used, and one that never comes, lead to the next connection', async () => {
  line.open();
  await pass(20);
  await line.answered(1, 'nonsense');
  await pass(1_000);
  expect(offers).toEqual([1, 2]);
  await pass(12_000);
  expect(offers).toEqual([1, 2]);
  await pass(2_000);
  expect(offers).toEqual([1, 2, 3]);
});

test('on a thin line the answer has its time, and the connection its own after it', async () => {
  line.open();
  await pass(5_500);
  await line.answered(1, 'answer');
  await pass(5_500);
  expect(offers).toEqual([1]);
  peer(0).connects();
  await pass(500);
  expect([phases.at(-1), offers, peer(0).closed]).toEqual(['playing', [1], false]);
});

test('a connection that comes back by itself after its replacement failed is not replaced once more', async () => {
  const first = await playingLesson();
  running.clear();
  await pass(2_200);
  expect(offers).toEqual([1, 2]);
  await line.answered(2, 'nonsense');
  running.add(first);
  await pass(3_000);
  expect([offers, first.closed, phases.at(-1)]).toEqual([[1, 2], false, 'playing']);
});

test('nothing is offered while signaling is down', async () => {
  const first = await playingLesson();
  line.lost();
  signaling = false;
  first.breaks();
  await pass(5_000);
  expect(offers).toEqual([1]);
});

test('a full line that loses the checks of a connection but brings its packets is no broken one', async () => {
  const first = await playingLesson();
  first.breaks('disconnected');
  await pass(5_000);
  expect([offers, phases.at(-1)]).toEqual([[1], 'playing']);
  running.delete(first);
  await pass(2_500);
  expect([offers, phases.at(-1)]).toEqual([[1, 2], 'lost']);
});

test('the layers asked for hold for the next connection too', async () => {
  const first = await playingLesson();
  const layers: Layers = { type: 'layers', source: 'camera', active: ['q'] };
  line.layers(layers);
  first.breaks();
  await pass(20);
  expect([first.layers, peer(1).layers]).toEqual([[layers], [layers]]);
});

test('a connection that was made ready is the first one offered', async () => {
  line.prepare();
  line.prepare();
  expect([peers.length, offers]).toEqual([1, []]);
  line.open();
  await pass(20);
  expect([peers.length, offers]).toEqual([1, [1]]);
});

test('what was made ready of the wrong kind is closed, and another is made', async () => {
  line.prepare();
  line.unprepare();
  line.open();
  await pass(20);
  expect([peer(0).closed, peers.length, offers]).toEqual([true, 2, [2]]);
});

test('a line that carries no pictures is spared, and so is the next connection over it', async () => {
  const first = await playingLesson();
  line.thrift('voice');
  first.breaks();
  await pass(20);
  expect([first.thrifts.at(-1), peer(1).thrifts.at(-1)]).toEqual(['voice', 'voice']);
});

test('an emptied slot does not play, and a new seat plays with its own first picture', async () => {
  const first = await playingLesson();
  line.seats([], new Set());
  expect(playing).toEqual([]);
  running.delete(first);
  line.seats([{ ...SEAT, participant: 'room-1' }], new Set([0]));
  await pass(500);
  expect(playing).toEqual([]);
  running.add(first);
  await pass(500);
  expect(playing).toEqual([0]);
});

test('a picture that stands still for two seconds is no longer playing', async () => {
  const first = await playingLesson();
  running.delete(first);
  line.seats([SEAT], new Set());
  await pass(3_000);
  expect(playing).toEqual([]);
});

test('the line is reported every five seconds', async () => {
  await playingLesson();
  await pass(16_500);
  expect(links).toHaveLength(3);
});

test('closing closes every connection and stops looking', async () => {
  const first = await playingLesson();
  first.breaks();
  line.close();
  expect([first.closed, peer(1).closed, phases.at(-1)]).toEqual([true, true, 'off']);
  expect(vi.getTimerCount()).toBe(0);
});
