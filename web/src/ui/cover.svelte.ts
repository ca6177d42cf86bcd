/** A class whose teacher is away asks to sit in on a lesson: what the classroom's screen and the assistant's phone share. */
import { ask } from '@/api/ask';
import type { CoverClass, GridLesson } from '@/api/schema.gen';

export type Asking =
  | { readonly kind: 'closed' }
  | { readonly kind: 'looking' }
  | { readonly kind: 'choosing'; readonly lessons: readonly GridLesson[] }
  | { readonly kind: 'naming'; readonly lesson: GridLesson; readonly classes: readonly CoverClass[] }
  | { readonly kind: 'asked'; readonly lesson: GridLesson; readonly request: string }
  | { readonly kind: 'admitted'; readonly lesson: GridLesson }
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly why: string | null };

const LOOK_MS = 2_000;

export class Cover {
  state = $state.raw<Asking>({ kind: 'closed' });
  readonly #room: string | undefined;
  readonly #admitted: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** room: who asks for it, where it is not the screen of the room itself; admitted: the lesson is open to it now. */
  constructor(room: string | undefined, admitted: () => void) {
    this.#room = room;
    this.#admitted = admitted;
  }

  async look(): Promise<void> {
    this.state = { kind: 'looking' };
    const found = await ask('GET /api/county/cover', this.#room === undefined ? {} : { query: { room: this.#room } });
    if (found.kind === 'done') this.state = { kind: 'choosing', lessons: found.value };
    else this.state = { kind: 'failed', why: found.kind === 'refused' ? found.detail : null };
  }

  /** Asks for the class in the room; of several, somebody says which first. */
  async choose(lesson: GridLesson): Promise<void> {
    this.state = { kind: 'looking' };
    const query = this.#room === undefined ? {} : { query: { room: this.#room } };
    const found = await ask('GET /api/county/cover/classes', query);
    const classes = found.kind === 'done' ? found.value : [];
    if (classes.length > 1) this.state = { kind: 'naming', lesson, classes };
    else await this.ask(lesson, classes[0]?.id);
  }

  async ask(lesson: GridLesson, classId?: string): Promise<void> {
    const body = {
      lesson_id: lesson.id,
      ...(classId === undefined ? {} : { class_id: classId }),
      ...(this.#room === undefined ? {} : { classroom_id: this.#room }),
    };
    const asked = await ask('POST /api/county/cover', { body });
    if (asked.kind !== 'done') {
      this.state = { kind: 'failed', why: asked.kind === 'refused' ? asked.detail : null };
      return;
    }
    this.state = { kind: 'asked', lesson, request: asked.value.id };
    this.#later();
  }

  /** Takes the request back. */
  async withdraw(): Promise<void> {
    const { state } = this;
    this.close();
    if (state.kind === 'asked') {
      await ask('POST /api/county/cover/{id}', { parts: { id: state.request }, body: { state: 'withdrawn' } });
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.state = { kind: 'closed' };
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#answered(), LOOK_MS);
  }

  async #answered(): Promise<void> {
    const { state } = this;
    if (state.kind !== 'asked') return;
    const now = await ask('GET /api/county/cover/{id}', { parts: { id: state.request } });
    if (this.state !== state) return;
    if (now.kind !== 'done' || now.value.state === 'asked') return this.#later();
    if (now.value.state !== 'admitted') {
      this.state = { kind: 'refused' };
      return;
    }
    this.state = { kind: 'admitted', lesson: state.lesson };
    this.#admitted();
  }
}
