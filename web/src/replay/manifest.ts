/** What `GET /api/recordings` and `GET /api/recordings/{id}` answer. `*_ms` count from the recording's start. */
import type { Colour, LessonId, Mode, ParticipantId, Role, Source } from '@/signaling/wire.gen';

export type RecordingState = 'recording' | 'finished' | 'repaired' | 'truncated';

export interface Publishing {
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** 0..1 */
  readonly progress: number;
}

export interface ReplayPerson {
  readonly id: ParticipantId;
  readonly role: Role;
  readonly school: string;
  readonly name: string;
  readonly colour: Colour;
}

/** One published file: a part of one source of one participant, playable from its own 0. */
export interface Media {
  readonly file: string;
  readonly participant: ParticipantId;
  readonly source: Source;
  readonly start_ms: number;
  readonly duration_ms: number;
  readonly video: 'h264' | 'vp8' | null;
  readonly audio: 'opus' | null;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

export type ChapterKind = 'started' | 'page' | 'floor' | 'screen' | 'listen' | 'discussion';

/** A place worth finding. `floor` and `screen` name the participant, `page` the new page. */
export interface Chapter {
  readonly at_ms: number;
  readonly kind: ChapterKind;
  readonly participant?: ParticipantId | null;
  readonly page?: number | null;
}

/** Nothing was recorded from `start_ms` to `end_ms`. */
export interface Gap {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly reason: string;
}

/** One picture holding `count` small ones, `columns` a row, one for every `every_ms`. */
export interface Thumbs {
  readonly file: string;
  readonly every_ms: number;
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly count: number;
}

/** Loudness of the lead's sound, 0..100, one value for every `every_ms`. */
export interface Waveform {
  readonly every_ms: number;
  readonly peaks: readonly number[];
}

export interface Replay {
  readonly id: LessonId;
  readonly title: string;
  readonly subject: string;
  readonly mode: Mode;
  readonly state: RecordingState;
  /** UTC, RFC 3339. */
  readonly started: string;
  readonly duration_ms: number;
  /** The lesson's clock (`Logged.at`) at the recording's start. */
  readonly origin_ms: number;
  readonly people: readonly ReplayPerson[];
  readonly media: readonly Media[];
  readonly chapters: readonly Chapter[];
  readonly gaps: readonly Gap[];
  readonly thumbs: Thumbs | null;
  readonly poster: string | null;
  /** The file that holds the `Waveform`. */
  readonly waveform: string | null;
  readonly publishing: Publishing;
}

export interface RecordingCard {
  readonly id: LessonId;
  readonly title: string;
  readonly subject: string;
  readonly mode: Mode;
  readonly started: string;
  readonly duration_ms: number;
  readonly bytes: number;
  readonly state: RecordingState;
  readonly publishing: Publishing;
  readonly poster: string | null;
  readonly schools: readonly string[];
}

/** Where a file of a recording is fetched. */
export function fileAddress(id: LessonId, file: string): string {
  return `/api/recordings/${encodeURIComponent(id)}/files/${encodeURIComponent(file)}`;
}

/** Whether it is worth asking again soon: the class is on, or its pictures are being prepared. */
export function unfinished(recording: { state: RecordingState; publishing: Publishing }): boolean {
  return (
    recording.state === 'recording' ||
    recording.publishing.state === 'waiting' ||
    recording.publishing.state === 'running'
  );
}
