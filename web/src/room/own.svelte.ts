/** What this page itself sends: microphone, cameras, screen; reactive, and independent of any connection. */
import type { Camera, Capture, DeviceChoice, Microphone, ScreenShare } from '@/room/interface';
import { Captures } from '@/rtc/capture';
import type { Use } from '@/rtc/devices';
import { MicrophoneMeter } from '@/rtc/meter';
import type { LocalTracks } from '@/rtc/peer';
import { shareScreen } from '@/rtc/screen';
import type { Source } from '@/signaling/wire.gen';
import { SEND_LINES } from '@/signaling/wire.gen';

export interface OwnOptions {
  /** A line now carries this track, or nothing. */
  readonly changed: (source: Source, track: MediaStreamTrack | null) => void;
  /** The microphone's loudness 0..100, four times a second while it is sent. */
  readonly loud: (level: number) => void;
}

const OFF: Capture = { state: 'off' };
/** The meter runs ten times a second; what is sent of it, every third time. */
const TELL_EVERY = 3;

export class OwnMedia {
  readonly #options: OwnOptions;
  readonly #captures: Captures;
  readonly #sent = new Map<Source, MediaStreamTrack | null>();
  #meter: MicrophoneMeter | null = null;
  #heard = 0;

  #captured: Record<Use, Capture> = $state.raw({ microphone: OFF, camera: OFF, camera2: OFF });
  #shared: Capture = $state.raw(OFF);
  #inputs: Record<'audioinput' | 'videoinput', DeviceChoice[]> = $state.raw({ audioinput: [], videoinput: [] });
  #muted = $state(false);
  #level = $state(0);
  #speaking = $state(false);
  readonly #previews = { camera: new MediaStream(), camera2: new MediaStream(), screen: new MediaStream() };

  readonly microphone: Microphone = $derived({
    capture: this.#captured.microphone,
    muted: this.#muted,
    level: this.#level,
    speakingWhileMuted: this.#muted && this.#speaking,
    choices: this.#inputs.audioinput,
  });
  readonly camera: Camera = $derived(this.#cameraNow('camera'));
  readonly camera2: Camera = $derived(this.#cameraNow('camera2'));
  readonly screenShare: ScreenShare = $derived({ capture: this.#shared, preview: this.#previews.screen });

  constructor(options: OwnOptions) {
    this.#options = options;
    this.#captures = new Captures(
      (use, { capture, track }) => {
        this.#captured = { ...this.#captured, [use]: capture };
        if (use === 'microphone') this.#listenTo(track);
        else this.#preview(use, track);
        this.#apply();
      },
      (inputs) => {
        this.#inputs = inputs;
      },
    );
  }

  tracks(): LocalTracks {
    return Object.fromEntries(SEND_LINES.map((source) => [source, this.#sent.get(source) ?? null])) as Record<
      Source,
      MediaStreamTrack | null
    >;
  }

  /** What is sent now, in the order of the lines. */
  live(): Source[] {
    return SEND_LINES.filter((source) => this.#sent.get(source));
  }

  openDevices(): Promise<void> {
    return this.#captures.openBoth();
  }

  choose(use: Use, id: string): Promise<void> {
    return this.#captures.open(use, id);
  }

  turnOff(use: Use): void {
    this.#captures.off(use);
  }

  turnOn(use: Use): Promise<void> {
    return this.#captures.open(use);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#apply();
  }

  async startScreen(): Promise<void> {
    if (this.#shared.state === 'live' || this.#shared.state === 'asking') return;
    this.#shared = { state: 'asking' };
    const shared = await shareScreen();
    if (!shared.ok) {
      this.#shared = shared.problem === 'cancelled' ? OFF : { state: 'failed', problem: shared.problem };
      return;
    }
    shared.screen.addEventListener('ended', () => this.stopScreen());
    this.#shared = { state: 'live', label: shared.screen.label, deviceId: '' };
    this.#preview('screen', shared.screen);
    this.#send('screen', shared.screen);
    this.#send('media_sound', shared.sound);
  }

  stopScreen(): void {
    for (const source of ['screen', 'media_sound'] as const) {
      this.#sent.get(source)?.stop();
      this.#send(source, null);
    }
    this.#preview('screen', null);
    this.#shared = OFF;
  }

  close(): void {
    this.#captures.close();
    this.#meter?.close();
    this.#meter = null;
    for (const track of this.#sent.values()) track?.stop();
    this.#sent.clear();
  }

  #cameraNow(use: 'camera' | 'camera2'): Camera {
    const capture = this.#captured[use];
    return { capture, on: capture.state === 'live', preview: this.#previews[use], choices: this.#inputs.videoinput };
  }

  /** Puts on the lines what belongs there now. */
  #apply(): void {
    const microphone = this.#muted ? null : this.#captures.get('microphone').track;
    this.#send('microphone', microphone);
    this.#send('low_speech', microphone);
    this.#send('camera', this.#captures.get('camera').track);
    this.#send('camera2', this.#captures.get('camera2').track);
  }

  #send(source: Source, track: MediaStreamTrack | null): void {
    if ((this.#sent.get(source) ?? null) === track) return;
    this.#sent.set(source, track);
    this.#options.changed(source, track);
  }

  #preview(what: 'camera' | 'camera2' | 'screen', track: MediaStreamTrack | null): void {
    const stream = this.#previews[what];
    for (const old of stream.getTracks()) if (old !== track) stream.removeTrack(old);
    if (track) stream.addTrack(track);
  }

  #listenTo(track: MediaStreamTrack | null): void {
    this.#meter?.close();
    this.#meter = null;
    this.#level = 0;
    this.#speaking = false;
    if (track) this.#meter = new MicrophoneMeter(track, (level, speaking) => this.#hear(level, speaking));
  }

  #hear(level: number, speaking: boolean): void {
    this.#level = level;
    this.#speaking = speaking;
    this.#heard += 1;
    if (!this.#muted && this.#heard % TELL_EVERY === 0) this.#options.loud(level);
  }
}
