/**
 * The only RTCPeerConnection: one offer, one answer, fixed lines for its whole life (architecture decision 4).
 *
 * Send lines stand in the order of SEND_LINES; after them SLOTS pairs of receive lines, audio then video. Whatever is sent is
 * put on a line by `replaceTrack`; whoever is seen in a slot is the server's business. Nothing is ever renegotiated with it.
 */
import type { Loss } from '@/rtc/redundancy';
import { withLongPackets, withRedundantFirst } from '@/rtc/sdp';
import type { IceServer, Layer, Layers, Source } from '@/signaling/wire.gen';
import { SEND_LINES, SLOTS } from '@/signaling/wire.gen';

/** What is sent on each line now. */
export type LocalTracks = Readonly<Record<Source, MediaStreamTrack | null>>;

/** The receive lines of one slot; its tracks stay the same for the connection's life. */
export interface SlotLines {
  readonly audio: RTCRtpTransceiver;
  readonly video: RTCRtpTransceiver;
}

const BUNDLE: RTCBundlePolicy = 'max-bundle';
const AUDIO_LINES = new Set<Source>(['microphone', 'low_speech', 'media_sound']);
const PICTURES = new Set<Source>(['camera', 'camera2', 'screen']);
const LOW_SPEECH_BPS = 16_000;
/** More would wait for what the browser's own congestion control holds back, and be late. */
const BESIDE_WAITS_BYTES = 2_000;

const ALL: readonly Layer[] = ['q', 'h', 'f'];
/** What is sent before the server has said what somebody looks at or listens to. */
const UNTIL_ASKED: Readonly<Record<Source, readonly Layer[]>> = {
  microphone: ALL,
  low_speech: [],
  media_sound: ALL,
  camera: ALL,
  camera2: ALL,
  screen: ALL,
};

/** How sparing a line is used that carries no pictures: so that sound and board go on, or one voice alone. */
export type Thrift = 'sound' | 'voice' | null;

/** Each of its fifty packets a second has some 80 bytes of headers besides. */
const MICROPHONE_BPS = { none: 40_000, sound: 20_000, voice: 12_000 };

const SIMULCAST: readonly RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_800_000 },
];

function encodings(source: Source): RTCRtpEncodingParameters[] {
  switch (source) {
    case 'camera':
    case 'camera2':
      return SIMULCAST.map((layer) => ({ ...layer }));
    case 'low_speech':
      return [{ active: false, maxBitrate: LOW_SPEECH_BPS }];
    case 'screen':
      return [{ maxBitrate: 2_500_000 }];
    case 'microphone':
      return [{ maxBitrate: MICROPHONE_BPS.none, priority: 'high', networkPriority: 'high' }];
    case 'media_sound':
      return [{ maxBitrate: 96_000 }];
  }
}

/** H.264 constrained baseline first, VP8 second, with retransmission; Opus for sound, and RED, in which it is repeated. */
function preferred(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const rank = ({ mimeType, sdpFmtpLine = '' }: RTCRtpCodec): number => {
    const name = mimeType.toLowerCase();
    if (name === 'audio/opus') return 0;
    if (name === 'video/h264') return /packetization-mode=1/.test(sdpFmtpLine) && /42e01f/i.test(sdpFmtpLine) ? 0 : -1;
    if (name === 'video/vp8' || name === 'audio/red') return 1;
    return name === 'video/rtx' ? 2 : -1;
  };
  return codecs.filter((codec) => rank(codec) >= 0).sort((a, b) => rank(a) - rank(b));
}

/** How the microphone's sound is packed: in packets of 60 ms, and each with the one before it again. */
interface Packing {
  readonly long: boolean;
  readonly redundant: boolean;
}

function packed(answer: string, { long, redundant }: Packing): string {
  const line = SEND_LINES.indexOf('microphone');
  const timed = long ? withLongPackets(answer, line) : answer;
  return redundant ? withRedundantFirst(timed, line) : timed;
}

export class Peer {
  readonly connection: number;
  readonly #pc: RTCPeerConnection;
  readonly #iceServers: () => readonly IceServer[];
  readonly #by: RTCIceTransportPolicy;
  readonly #senders = new Map<Source, RTCRtpSender>();
  readonly slots: readonly SlotLines[];
  /** setParameters calls follow one another: each needs what the one before it left. */
  #parameters: Promise<void> = Promise.resolve();
  readonly #active = new Map<Source, readonly Layer[]>();
  #thrift: Thrift = null;
  #answer: string | null = null;
  #loss: Loss = 'none';
  #packing: Packing = { long: false, redundant: false };
  #closed = false;
  #channel: RTCDataChannel | null = null;

  /**
   * connection: this client's count of connections; changed: told each new state of the connection; iceServers: asked when
   * the offer is made, relays for a network that lets nothing else through (the browser prefers every direct way that
   * works); beside: told what comes on
   * the data channel (docs/weak-lines.md), which there is only with it; sends: whether there are send lines at all, which who
   * only watches has not; by: `relay` to try the relay alone.
   */
  constructor(
    connection: number,
    changed: (state: RTCPeerConnectionState) => void,
    iceServers: () => readonly IceServer[] = () => [],
    beside?: (data: ArrayBuffer) => void,
    sends = true,
    by: RTCIceTransportPolicy = 'all',
  ) {
    this.connection = connection;
    this.#iceServers = iceServers;
    this.#by = by;
    this.#pc = new RTCPeerConnection({ bundlePolicy: BUNDLE, iceTransportPolicy: by });
    this.#pc.onconnectionstatechange = () => {
      if (!this.#closed) changed(this.#pc.connectionState);
    };
    for (const source of sends ? SEND_LINES : []) {
      const kind = AUDIO_LINES.has(source) ? 'audio' : 'video';
      const line = this.#pc.addTransceiver(kind, { direction: 'sendonly', sendEncodings: encodings(source) });
      prefer(line, RTCRtpSender.getCapabilities(kind));
      this.#senders.set(source, line.sender);
    }
    this.slots = Array.from({ length: SLOTS }, () => ({
      audio: this.#receive('audio'),
      video: this.#receive('video'),
    }));
    if (beside) this.#listen(beside);
  }

  get connected(): boolean {
    return this.#pc.connectionState === 'connected';
  }

  /** The offer, with these tracks on their lines from the first packet on. */
  async offer(tracks: LocalTracks): Promise<string> {
    await Promise.all(SEND_LINES.map((source) => this.setTrack(source, tracks[source])));
    if (this.#iceServers().length > 0)
      this.#pc.setConfiguration({
        bundlePolicy: BUNDLE,
        iceTransportPolicy: this.#by,
        iceServers: [...this.#iceServers()],
      });
    const offer = await this.#pc.createOffer();
    await this.#pc.setLocalDescription(offer);
    return offer.sdp ?? '';
  }

  async accept(answer: string): Promise<void> {
    const sdp = this.#senders.size > 0 ? withLongPackets(answer, SEND_LINES.indexOf('low_speech')) : answer;
    await this.#pc.setRemoteDescription({ type: 'answer', sdp });
    this.#answer = sdp;
    await this.#pack();
  }

  async setTrack(source: Source, track: MediaStreamTrack | null): Promise<void> {
    if (this.#closed) return;
    await this.#senders.get(source)?.replaceTrack(track);
  }

  /** Sends these layers of a source; a line without layers is sent while any is asked for. */
  setLayers({ source, active }: Pick<Layers, 'source' | 'active'>): Promise<void> {
    this.#active.set(source, active);
    return this.#apply(source);
  }

  #apply(source: Source): Promise<void> {
    const sender = this.#senders.get(source);
    this.#parameters = this.#parameters.then(async () => {
      if (!sender || this.#over) return;
      const parameters = sender.getParameters();
      const active = this.#thrift && PICTURES.has(source) ? [] : (this.#active.get(source) ?? UNTIL_ASKED[source]);
      for (const encoding of parameters.encodings) {
        encoding.active = encoding.rid ? active.includes(encoding.rid as Layer) : active.length > 0;
        if (source === 'microphone') encoding.maxBitrate = MICROPHONE_BPS[this.#thrift ?? 'none'];
      }
      try {
        await sender.setParameters(parameters);
      } catch (error) {
        if (!this.#over) throw error; // closed meanwhile: whatever follows it sets its own
      }
    });
    return this.#parameters;
  }

  /**
   * On a line too thin for pictures the own are paused here at once, whatever was asked for before, and the microphone makes
   * do with less: else they would keep the line so full that what the server asks for comes late.
   */
  setThrift(thrift: Thrift): Promise<void> {
    if (thrift === this.#thrift) return this.#parameters;
    this.#thrift = thrift;
    void this.#pack();
    return Promise.all(SEND_LINES.map((source) => this.#apply(source))).then(() => undefined);
  }

  /** What the own line loses of the microphone: each packet carries the one before it again, where there is room for that. */
  setLoss(loss: Loss): Promise<void> {
    this.#loss = loss;
    return this.#pack();
  }

  /**
   * The server takes plain sound, redundant (RFC 2198) and long packets alike, whichever come. The browser sends what the answer
   * says, and changes it for no less than another answer: so it gets the same one again, with the microphone's lines changed.
   */
  #pack(): Promise<void> {
    this.#parameters = this.#parameters.then(async () => {
      const long = this.#thrift === 'voice';
      const redundant = this.#loss === 'heavy' || (this.#loss === 'some' && !long);
      const same = long === this.#packing.long && redundant === this.#packing.redundant;
      if (same || this.#answer === null || this.#over || this.#senders.size === 0) return;
      this.#packing = { long, redundant };
      const sdp = packed(this.#answer, this.#packing);
      try {
        await this.#pc.setLocalDescription(await this.#pc.createOffer());
        await this.#pc.setRemoteDescription({ type: 'answer', sdp });
      } catch {
        // Closed meanwhile, or a browser that does not change it: the voice goes on as it went.
      }
    });
    return this.#parameters;
  }

  /** How long what is received may wait for what is late; null: as short as the browser finds right. */
  setPatience(soundMs: number | null, picturesMs: number | null): void {
    if (this.#closed) return;
    for (const { audio, video } of this.slots) {
      wait(audio.receiver, soundMs);
      wait(video.receiver, picturesMs);
    }
  }

  /** Sends a message by the data channel, once; false: there is none open, or it is full. */
  say(data: ArrayBuffer | string): boolean {
    const channel = this.#channel;
    if (this.#closed || channel?.readyState !== 'open' || channel.bufferedAmount > BESIDE_WAITS_BYTES) return false;
    if (typeof data === 'string') channel.send(data);
    else channel.send(data);
    return true;
  }

  async stats(): Promise<RTCStatsReport> {
    return this.#pc.getStats();
  }

  close(): void {
    this.#closed = true;
    this.#pc.close();
  }

  get #over(): boolean {
    return this.#closed || this.#pc.signalingState === 'closed';
  }

  /** Whoever sends a message sends it again if it must: here nothing waits for what was lost. */
  #listen(beside: (data: ArrayBuffer) => void): void {
    const parameters = { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 };
    const channel = this.#pc.createDataChannel('beside', parameters);
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => {
      if (!this.#closed && data instanceof ArrayBuffer) beside(data);
    };
  }

  #receive(kind: 'audio' | 'video'): RTCRtpTransceiver {
    const line = this.#pc.addTransceiver(kind, { direction: 'recvonly' });
    prefer(line, RTCRtpReceiver.getCapabilities(kind));
    return line;
  }
}

/** Where the browser can: each value is set once, since setting makes it look anew at what waits. */
function wait(receiver: RTCRtpReceiver, ms: number | null): void {
  if ('jitterBufferTarget' in receiver && receiver.jitterBufferTarget !== ms) receiver.jitterBufferTarget = ms;
}

function prefer(line: RTCRtpTransceiver, capabilities: RTCRtpCapabilities | null): void {
  const codecs = preferred(capabilities?.codecs ?? []);
  if (codecs.length > 0) line.setCodecPreferences(codecs);
}
