/** The receive slots as pages see them: who sits in which, the streams they show, the sound they play. */
import type { Slot } from '@/room/interface';
import type { SlotLines } from '@/rtc/peer';
import { SlotSound } from '@/rtc/sound';
import type { ParticipantId, Person, Seat } from '@/signaling/wire.gen';
import { SLOTS } from '@/signaling/wire.gen';

export class Slots {
  readonly #streams = Array.from({ length: SLOTS }, () => ({ video: new MediaStream(), audio: new MediaStream() }));
  readonly #sound: SlotSound;
  readonly #seats: () => readonly Seat[];
  readonly #person: (id: ParticipantId | undefined) => Person | null;
  #playing: ReadonlySet<number> = $state.raw(new Set());
  soundBlocked = $state(false);

  readonly now: readonly Slot[] = $derived.by(() =>
    this.#streams.map(({ video, audio }, index) => {
      const seat = this.#seats().find(({ slot }) => slot === index) ?? null;
      return { index, seat, person: this.#person(seat?.participant), video, audio, playing: this.#playing.has(index) };
    }),
  );

  /** seats, person: what the room says now; reactive. */
  constructor(seats: () => readonly Seat[], person: (id: ParticipantId | undefined) => Person | null) {
    this.#seats = seats;
    this.#person = person;
    this.#sound = new SlotSound(SLOTS, (blocked) => {
      this.soundBlocked = blocked;
    });
  }

  /** Only slots with a seat that has sound are heard. */
  seated(): void {
    this.#sound.hear(new Set(this.#seats().flatMap(({ slot, audio }) => (audio ? [slot] : []))));
  }

  /** Slots from which packets should come: somebody who is present sits there, with picture or sound. */
  expected(): ReadonlySet<number> {
    const here = this.#seats().filter(({ participant }) => this.#person(participant)?.presence === 'present');
    return new Set(here.flatMap(({ slot, video, audio }) => (video || audio ? [slot] : [])));
  }

  playing(slots: ReadonlySet<number>): void {
    const same = slots.size === this.#playing.size && [...slots].every((slot) => this.#playing.has(slot));
    if (!same) this.#playing = slots;
  }

  /** Another connection carries the slots. The streams stay the same: a <video> never knows that its picture was replaced. */
  carry(lines: readonly SlotLines[]): void {
    for (const [slot, { audio, video }] of lines.entries()) {
      const streams = this.#streams[slot];
      if (!streams) continue;
      swap(streams.video, video.receiver.track);
      swap(streams.audio, audio.receiver.track);
    }
    this.#sound.carry(lines.map(({ audio }) => audio.receiver.track));
  }

  /** Lowers the lesson's sound, or plays it as loud as ever again. */
  lower(low: boolean): void {
    this.#sound.lower(low);
  }

  unblock(): Promise<void> {
    return this.#sound.play();
  }

  close(): void {
    this.#sound.close();
  }
}

function swap(stream: MediaStream, track: MediaStreamTrack): void {
  for (const old of stream.getTracks()) if (old !== track) stream.removeTrack(old);
  stream.addTrack(track);
}
