/**
 * One lesson, as the pages use it (`@/room/interface`): ties the socket, the room's fold, the board, the own devices and the
 * media line together. It decides nothing: who is seen, heard and may draw comes from the server.
 */
import { LiveBoard } from '@/room/board.svelte';
import { LessonClock } from '@/room/clock';
import type { Connection, Lesson, LessonOptions, MediaPhase, MediaWay, Refusal, RoomNow, Slot } from '@/room/interface';
import { renew, watchForLife } from '@/room/life';
import { OwnMedia } from '@/room/own.svelte';
import { isTold, mayDraw, speaks, thriftOf } from '@/room/part';
import { Slots } from '@/room/slots.svelte';
import { after, BEFORE, type Lesson as Known } from '@/room/state';
import { MediaLine } from '@/rtc/media';
import { Peer } from '@/rtc/peer';
import { inflated, packed, unpacked } from '@/signaling/packing';
import { pageShown } from '@/signaling/pageShown';
import { requestsRoundTripMs } from '@/signaling/roundTrip';
import { Socket, type SocketState, type Wire } from '@/signaling/socket';
import type {
  Answer,
  CatchUp,
  FromClient,
  FromServer,
  GoodbyeCode,
  IceServer,
  ParticipantId,
  Person,
  RefusalCode,
  Signal,
  Talk,
} from '@/signaling/wire.gen';

/** Joins the lesson at once and stays in it, whatever happens to the line, until `close`. */
export function createLesson(options: LessonOptions): Lesson {
  return new LiveLesson(options);
}

function openWebSocket(): Wire {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/ws`);
  socket.binaryType = 'arraybuffer';
  return socket;
}

class LiveLesson implements Lesson {
  readonly #screen: 'a' | 'b';
  readonly #withMedia: boolean;
  readonly #captures: boolean;
  readonly #socket: Socket;
  readonly #media: MediaLine;
  readonly #own: OwnMedia;
  readonly #clock = new LessonClock();
  readonly #stop = new AbortController();
  readonly #ticks: ReturnType<typeof setInterval>;
  #wasOpen = false;
  #telling = false;
  #iceServers: readonly IceServer[] = [];

  #known: Known = $state.raw(BEFORE);
  #nowMs = $state(0);
  connection: Connection = $state.raw({ phase: 'joining' });
  turnedAway: GoodbyeCode | null = $state(null);
  media: MediaPhase = $state('off');
  way: MediaWay | null = $state(null);
  refusal: Refusal | null = $state.raw(null);
  catchUp: CatchUp | null = $state.raw(null);

  readonly you = $derived(this.#known.you);
  readonly card = $derived(this.#known.card);
  readonly room: RoomNow | null = $derived(this.#known.room);
  readonly view = $derived(this.#known.view);
  readonly levels = $derived(this.#known.levels);
  readonly links = $derived(this.#known.links);
  readonly boardChecks = $derived(this.#known.boardChecks);
  readonly notes = $derived(this.#known.notes);
  readonly covers = $derived(this.#known.covers);
  readonly recordedFromMs = $derived(this.#known.recordedFromMs);
  readonly #slots = new Slots(
    () => this.view.seats,
    (id) => this.person(id),
  );
  readonly slots: readonly Slot[] = $derived(this.#slots.now);
  readonly soundBlocked: boolean = $derived(this.#slots.soundBlocked);
  readonly elapsedMs: number | null = $derived.by(() => {
    const startedAt = this.room?.started_at ?? null;
    return startedAt === null ? null : Math.max(0, this.#nowMs - startedAt);
  });
  readonly board: LiveBoard;

  constructor({ lessonId, screen = 'a', capture = false, media = true }: LessonOptions) {
    this.#screen = screen;
    this.#withMedia = media;
    this.#captures = capture;
    this.board = new LiveBoard({
      lessonId,
      me: () => this.person(this.you?.id),
      mayDraw: () => mayDraw(this.you, this.#screen, this.room),
      send: (message) => this.#socket.send(message),
      check: (hash) => this.#socket.send({ type: 'board_check', number: this.#socket.number, hash }),
    });
    this.#own = new OwnMedia({
      changed: (source, track) => {
        this.#media.setTrack(source, track);
        this.#tellSources();
      },
      loud: (value) => this.#socket.send({ type: 'level', value }),
    });
    this.#media = this.#mediaLine();
    this.#socket = new Socket({
      roundTripMs: requestsRoundTripMs,
      ahead: () => pageShown(lessonId, screen),
      lesson: lessonId,
      screen,
      open: openWebSocket,
      beside: (data) => this.#media.say(data),
      received: (message) => this.#received(message),
      changed: (state) => this.#changed(state),
    });
    if (capture && media) this.#media.prepare();
    this.#ticks = setInterval(() => this.#tick(), 1_000);
    watchForLife(() => this.#socket.nudge(), this.#stop.signal);
    if (capture) void this.openDevices();
  }

  get microphone() {
    return this.#own.microphone;
  }
  get camera() {
    return this.#own.camera;
  }
  get camera2() {
    return this.#own.camera2;
  }
  get screenShare() {
    return this.#own.screenShare;
  }

  person(id: ParticipantId | null | undefined): Person | null {
    return this.room?.people.find((person) => person.id === id) ?? null;
  }

  slotOf(id: ParticipantId): Slot | null {
    return this.slots.find(({ seat }) => seat?.participant === id && seat.video !== 'screen') ?? null;
  }

  clockMs(): number {
    return this.#clock.at(performance.now());
  }

  startLesson(record = true): void {
    this.#command({ type: 'start_lesson', record });
  }
  endLesson(): void {
    this.#command({ type: 'end_lesson' });
  }
  callOn(participant: ParticipantId): void {
    this.#command({ type: 'call_on', participant });
  }
  returnFloor(): void {
    this.#command({ type: 'return_floor' });
  }
  hand(up: boolean, participant?: ParticipantId): void {
    this.#command(participant === undefined ? { type: 'hand', up } : { type: 'hand', up, participant });
  }
  setTalk(talk: Talk): void {
    this.#command({ type: 'set_talk', talk });
  }

  sendSignal(signal: Signal): void {
    this.#command({ type: 'send_signal', signal });
  }
  takeSignal(participant: ParticipantId): void {
    this.#command({ type: 'take_signal', participant });
  }
  countPresent(present: number): void {
    this.#command({ type: 'count_present', present });
  }
  sendNote(text: string, to?: ParticipantId): void {
    this.#command(to === undefined ? { type: 'send_note', text } : { type: 'send_note', text, to });
  }

  openDevices(): Promise<void> {
    return this.#own.openDevices();
  }
  chooseCamera(id: string): Promise<void> {
    return this.#own.choose('camera', id);
  }
  async chooseCamera2(id: string | null): Promise<void> {
    if (id === null) this.#own.turnOff('camera2');
    else await this.#own.choose('camera2', id);
  }
  chooseMicrophone(id: string): Promise<void> {
    return this.#own.choose('microphone', id);
  }
  setMuted(muted: boolean): void {
    this.#own.setMuted(muted);
  }
  setCameraOn(on: boolean): void {
    if (on) void this.#own.turnOn('camera');
    else this.#own.turnOff('camera');
  }
  startScreen(): Promise<void> {
    return this.#own.startScreen();
  }
  stopScreen(): void {
    this.#own.stopScreen();
  }
  unblockSound(): Promise<void> {
    return this.#slots.unblock();
  }
  lower(low: boolean): void {
    this.#slots.lower(low);
  }
  dismissRefusal(): void {
    this.refusal = null;
  }

  close(): void {
    this.#stop.abort();
    clearInterval(this.#ticks);
    this.#socket.close();
    this.#media.close();
    this.#own.close();
    this.#slots.close();
    this.board.close();
  }

  #mediaLine(): MediaLine {
    return new MediaLine({
      peer: (connection, changed) =>
        new Peer(
          connection,
          changed,
          () => this.#iceServers,
          (data) => void this.#beside(data),
          this.#speaks(),
        ),
      offer: (connection, sdp) => this.#offer(connection, sdp),
      tracks: () => this.#own.tracks(),
      phase: (phase) => {
        this.media = phase;
      },
      show: (lines) => this.#slots.carry(lines),
      playing: (slots) => this.#slots.playing(slots),
      link: (link) => this.#socket.send(link),
      way: (way) => {
        this.way = way;
      },
      doubt: () => this.#socket.doubt(),
      alive: () => this.#socket.alive(),
    });
  }

  /** Says what a person asked for; without a line they are told that nothing happened. */
  #command(message: FromClient): void {
    if (!this.#socket.send(message)) this.refusal = { code: 'offline', of: message.type, atMs: Date.now() };
  }

  #changed(state: SocketState): void {
    switch (state.kind) {
      case 'open':
        this.#wasOpen = true;
        this.turnedAway = null;
        this.connection = { phase: 'open' };
        break;
      case 'closed':
        this.connection = { phase: 'closed', code: state.code as GoodbyeCode };
        this.#media.lost();
        if (state.code === 'version') renew();
        break;
      case 'waiting':
      case 'connecting':
        this.#media.lost();
        if (this.#wasOpen && this.connection.phase === 'open') this.connection = { phase: 'lost', sinceMs: Date.now() };
        break;
      default:
        state satisfies never;
    }
  }

  #received(message: FromServer): void {
    const drew = this.board.mayDraw;
    this.#known = after(this.#known, message);
    this.board.received(message);
    if (drew && !this.board.mayDraw) this.board.permitted();
    switch (message.type) {
      case 'welcome':
        this.#clock.welcomed(message, performance.now());
        this.#tick();
        this.#tellSources();
        this.#iceServers = message.ice_servers;
        if (this.#speaks() !== this.#captures) this.#media.unprepare();
        if (this.#withMedia) this.#media.open();
        break;
      case 'pong':
        this.#clock.answered(message, performance.now());
        break;
      case 'answer':
        void this.#answered(message);
        break;
      case 'layers':
        this.#media.layers(message);
        break;
      case 'refused':
        this.#refused(message.of, message.code as RefusalCode);
        break;
      case 'goodbye':
        this.turnedAway = message.code as GoodbyeCode;
        break;
      case 'catch_up':
        this.catchUp = message;
        break;
      case 'view':
      case 'event':
      case 'snapshot':
        this.#seat();
        break;
      default:
        break;
    }
  }

  /** Small, because it may go over a line of 64 kbit/s. False: there is no line at all. */
  #offer(connection: number, sdp: string): boolean {
    if (this.#socket.state.kind !== 'open') return false;
    packed(sdp).then(
      (small) => this.#socket.send({ type: 'offer', connection, sdp: small, packed: true }),
      () => this.#socket.send({ type: 'offer', connection, sdp }), // a browser that cannot pack
    );
    return true;
  }

  /** Events that came beside the WebSocket; what cannot be read, that brings too. */
  async #beside(data: ArrayBuffer): Promise<void> {
    const text = await inflated(data).catch(() => '');
    for (const frame of text.split('\n')) if (frame) this.#socket.beside(frame);
  }

  async #answered(answer: Answer): Promise<void> {
    const sdp = answer.packed ? await unpacked(answer.sdp) : answer.sdp;
    await this.#media.answered(answer.connection, sdp);
  }

  /** Tells media and sound who sits where. */
  #seat(): void {
    if (!this.#withMedia) return;
    this.#media.seats(this.view.seats, this.#slots.expected());
    const thrift = thriftOf(this.person(this.you?.id));
    this.#media.thrift(thrift);
    this.#socket.thrift(thrift !== null);
    this.#socket.rung(this.person(this.you?.id)?.rung ?? 'full');
    this.#slots.seated();
  }

  #refused(of: string, code: RefusalCode): void {
    if (of === 'offer') this.#media.refused();
    if (isTold(of, code)) this.refusal = { code, of, atMs: Date.now() };
  }

  /** Says what is sent now, once for all lines that change in the same turn. */
  #tellSources(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      if (this.#speaks() && this.#screen === 'a') this.#socket.send({ type: 'sources', live: this.#own.live() });
    });
  }

  /** Whether this participant sends pictures and sound at all; before the welcome: whether its page would. */
  #speaks(): boolean {
    return this.you ? speaks(this.you.role) : this.#captures;
  }

  #tick(): void {
    this.#nowMs = this.clockMs();
    // The browser lets sound play once a microphone is captured, without telling so.
    if (this.soundBlocked) void this.#slots.unblock();
  }
}
