/**
 * What a page sees of a lesson: one reactive object, made by `createLesson` in `@/room/lesson.svelte`.
 *
 *     const lesson = createLesson({ lessonId, screen: 'a' });     // joins at once, reconnects for ever
 *     onDestroy(() => lesson.close());
 *     {#if lesson.room?.phase === 'live'} … {lesson.person(lesson.room.floor)?.school} …
 *     <div {@attach lesson.board.attach} class="board"></div>     // fills the element, 16:9, draws and is drawn on
 *     <video {@attach play(lesson.slots[2].video)}></video>          // `play` from '@/rtc/play'
 *
 * Every property is reactive unless its comment says otherwise; every array and record is replaced, never changed in place.
 * The sound of the slots plays by itself (rtc/sound.ts); a page shows pictures only, so its <video> elements stay muted.
 * Catalog keys: `core:connection.<phase>`, `core:closed.<code>`, `core:refused.<code>`, `core:device.<problem>`,
 * `core:quality.<good|weak|lost>`, `core:media.<phase>`,
 * `core:way.<udp|tcp|relay>`.
 */
import type { BoardNow } from '@/board/state';
import type { BoardTool } from '@/board/tool';
import type { Capture, DeviceChoice, MediaPhase, MediaWay } from '@/rtc/words';
import type {
  BoardChecked,
  CatchUp,
  CoverAsk,
  GoodbyeCode,
  LessonCard,
  LinkSeen,
  NoteSeen,
  PageId,
  ParticipantId,
  Person,
  RefusalCode,
  Role,
  RoomState,
  Seat,
  Signal,
  Talk,
  View,
} from '@/signaling/wire.gen';

export type { Capture, DeviceChoice, DeviceProblem, MediaPhase, MediaWay } from '@/rtc/words';

/** The signaling line. `lost` reconnects by itself, for ever; `closed` does not: the page says why. */
export type Connection =
  | { phase: 'joining' }
  | { phase: 'open' }
  | { phase: 'lost'; sinceMs: number }
  | { phase: 'closed'; code: GoodbyeCode };

/** Everything a screen needs besides media and the board (which is `lesson.board`). */
export type RoomNow = Omit<RoomState, 'board'>;

/** One receive slot. `video` and `audio` stay the same objects for the whole lesson; what they carry changes. */
export interface Slot {
  readonly index: number;
  /** Null when the slot is empty: hide it, its last picture would stay for ever. */
  readonly seat: Seat | null;
  readonly person: Person | null;
  readonly video: MediaStream;
  readonly audio: MediaStream;
  /** Pictures are arriving in it now; false: show the name on a plain ground, or "no picture". */
  readonly playing: boolean;
}

/** The microphone of this page. */
export interface Microphone {
  readonly capture: Capture;
  readonly muted: boolean;
  /** 0..100, ten times a second; runs while muted too. */
  readonly level: number;
  /** Somebody speaks into it and nobody can hear it. */
  readonly speakingWhileMuted: boolean;
  readonly choices: readonly DeviceChoice[];
}

/** The camera of this page. */
export interface Camera {
  readonly capture: Capture;
  /** Captured and sent. */
  readonly on: boolean;
  /** For a preview <video>; the same object for the whole lesson. */
  readonly preview: MediaStream;
  readonly choices: readonly DeviceChoice[];
}

/** This page's own screen share. */
export interface ScreenShare {
  readonly capture: Capture;
  readonly preview: MediaStream;
}

/** A refusal to show for a while; `code` is also `offline` when the line was down at the tap. */
export interface Refusal {
  readonly code: RefusalCode | 'offline';
  readonly of: string;
  readonly atMs: number;
}

/** The whiteboard of the lesson: what it holds and what this page may do with it. */
export interface LessonBoard {
  /** An attachment for the element that holds the board: `<div {@attach lesson.board.attach}>`. */
  readonly attach: (host: HTMLElement) => () => void;
  /** Pages and objects now, e.g. for thumbnails: read it, do not keep it. */
  readonly state: BoardNow;
  /** How much of the shown page's picture has come, 0..1; null when it is there, or the page has none. */
  readonly coming: number | null;
  /** Pages in their order, for the page strip. */
  readonly pages: readonly PageId[];
  readonly current: PageId;
  /** This participant may draw now: the lead always, a classroom while it has the floor. */
  readonly mayDraw: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** What the next pointer does; assign to change: `lesson.board.tool = { ...lesson.board.tool, kind: 'eraser' }`. */
  tool: BoardTool;
  undo(): void;
  redo(): void;
  addPage(): void;
  /** Lays a picture that was uploaded under this page's ink, or on a new page where this one has something already, or `newPage`. */
  putPicture(picture: { digest: string; width: number; height: number }, how?: { newPage?: boolean }): void;
  turnTo(page: PageId): void;
  clearPage(): void;
}

export interface LessonOptions {
  readonly lessonId: string;
  readonly screen?: 'a' | 'b';
  /** Ask for camera and microphone at once (default: false; the second window and replay never do). */
  readonly capture?: boolean;
  /** Pictures and sound (default: true); a phone beside the classroom's screen needs neither. */
  readonly media?: boolean;
}

export interface Lesson {
  readonly connection: Connection;
  /** Why the server ended the line or did not let it begin, though it will be tried again; null once it is open. */
  readonly turnedAway: GoodbyeCode | null;
  readonly media: MediaPhase;
  /** How pictures and sound travel; null before they first do. */
  readonly way: MediaWay | null;
  /** Null until the first welcome. */
  readonly you: { readonly id: ParticipantId; readonly role: Role } | null;
  readonly card: LessonCard | null;
  /** Null until the first snapshot. */
  readonly room: RoomNow | null;
  readonly view: View;
  readonly slots: readonly Slot[];
  /** Microphone levels 0..100 of the others, by participant. */
  readonly levels: Readonly<Record<ParticipantId, number>>;
  /** The latest line figures of the others, by participant (the lead's page receives them). */
  readonly links: Readonly<Record<ParticipantId, LinkSeen>>;
  /** Whether each far end's board is in step (the lead's page receives them). */
  readonly boardChecks: Readonly<Record<ParticipantId, BoardChecked>>;
  /** Private lines between this page's assistant and the lead, oldest first; only while the page is open. */
  readonly notes: readonly NoteSeen[];
  /** Classes that ask to sit in and have no answer (the lead's page receives them). */
  readonly covers: readonly CoverAsk[];
  readonly refusal: Refusal | null;
  /** What the room's assistant last asked of this screen: to play what it missed, or to stop; another object each time. */
  readonly catchUp: CatchUp | null;
  /** Lesson time before which nothing is sure to be recorded; Infinity while the lead is awaited after a restart. */
  readonly recordedFromMs: number;
  /** Milliseconds since class began, moving once a second; null before. */
  readonly elapsedMs: number | null;
  readonly microphone: Microphone;
  readonly camera: Camera;
  /** A second camera, of a recording room (teacher and pupils); off until chosen. */
  readonly camera2: Camera;
  readonly screenShare: ScreenShare;
  /** The browser refuses to play sound until somebody touches the page: show a button that calls `unblockSound`. */
  readonly soundBlocked: boolean;
  readonly board: LessonBoard;

  person(id: ParticipantId | null | undefined): Person | null;
  /** The slot in which this participant sits now. */
  slotOf(id: ParticipantId): Slot | null;
  /** The lesson's clock now, in ms since the log was opened (same as `at` of events). Not reactive. */
  clockMs(): number;

  startLesson(record?: boolean): void;
  endLesson(): void;
  callOn(participant: ParticipantId): void;
  returnFloor(): void;
  /** Own hand, or with `participant` (the lead) another's. */
  hand(up: boolean, participant?: ParticipantId): void;
  setTalk(talk: Talk): void;
  /** An assistant tells how it is in her room. */
  sendSignal(signal: Signal): void;
  /** The lead has seen a room's signal. */
  takeSignal(participant: ParticipantId): void;
  /** An assistant says how many pupils sit in her room. */
  countPresent(present: number): void;
  /** A private line to the lead, or with `to` from her to an assistant. */
  sendNote(text: string, to?: ParticipantId): void;

  /** Asks for camera and microphone; call again after a failure, or to retry. */
  openDevices(): Promise<void>;
  chooseCamera(id: string): Promise<void>;
  /** Null turns the second camera off. */
  chooseCamera2(id: string | null): Promise<void>;
  chooseMicrophone(id: string): Promise<void>;
  setMuted(muted: boolean): void;
  setCameraOn(on: boolean): void;
  startScreen(): Promise<void>;
  stopScreen(): void;
  unblockSound(): Promise<void>;
  /** The lesson's sound is lowered while something else is listened to. */
  lower(low: boolean): void;
  dismissRefusal(): void;
  /** Leaves: closes the socket, the peer and the devices. Twice is once. */
  close(): void;
}
