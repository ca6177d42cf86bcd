/** A picture or PDF on its way from the teacher's computer to the board: sent, prepared by the server, put on pages. */
import { csrfHeader } from '@/api/send';
import { type BoardNow, pictureOf } from '@/board/state';
import { language, t } from '@/i18n/language.svelte';
import type { LessonBoard } from '@/room/interface';
import type { Digest, PageId } from '@/signaling/wire.gen';
import { pagesOf } from './pdfPages';

/** As the server has them (server/pictures/limits.py). */
const UPLOAD_BYTES = 20 * 1024 * 1024;
const PDF_PAGES = 30;

export type SendState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly share: number }
  | { readonly kind: 'preparing' }
  /** title and detail: the server's words, in the language of the page. */
  | { readonly kind: 'failed'; readonly title: string; readonly detail: string };

interface Kept {
  readonly digest: Digest;
  readonly width: number;
  readonly height: number;
}

export class PictureSender {
  readonly #lessonId: () => string;
  readonly #board: () => LessonBoard;
  readonly #onPut: () => void;
  #request: XMLHttpRequest | null = null;
  /** First and last picture of a PDF whose pages are being added. */
  #document: { first: Digest; last: Digest } | null = $state.raw(null);
  state: SendState = $state.raw({ kind: 'idle' });

  /** onPut: something is on its way to the board that can be undone. */
  constructor(lessonId: () => string, board: () => LessonBoard, onPut: () => void) {
    this.#lessonId = lessonId;
    this.#board = board;
    this.#onPut = onPut;
  }

  /** Sends the file unless it is seen here that the server will not take it; one still on its way is given up. */
  async send(file: File): Promise<void> {
    this.cancel();
    const request = new XMLHttpRequest(); // fetch tells no upload progress
    this.#request = request;
    this.state = { kind: 'sending', share: 0 };
    const why = await refusedHere(file);
    if (this.#request !== request) return;
    if (why === null) this.#begin(request, file);
    else this.#fail({ title: t(`teacher:picture.${why}.title`), detail: t(`teacher:picture.${why}.detail`) });
  }

  #begin(request: XMLHttpRequest, file: File): void {
    request.open('POST', `/api/lessons/${encodeURIComponent(this.#lessonId())}/pictures`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('accept-language', language());
    for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      if (this.#request === request) this.state = { kind: 'sending', share: total ? loaded / total : 0 };
    };
    request.upload.onload = () => {
      if (this.#request === request) this.state = { kind: 'preparing' };
    };
    request.onload = () => this.#answered(request);
    request.onerror = () => this.#failed(request);
    request.send(file);
  }

  /** Gives up what is on its way, and puts away what was said. */
  cancel(): void {
    const request = this.#request;
    this.#request = null;
    request?.abort();
    this.state = { kind: 'idle' };
  }

  /** The first page of a PDF, once, when all its pages are on the board; else null. */
  firstPage({ pages }: BoardNow): PageId | null {
    const document = this.#document;
    const pageOf = (digest: Digest) => pages.findLast((page) => pictureOf(page)?.digest === digest)?.id ?? null;
    if (!document || pageOf(document.last) === null) return null;
    this.#document = null;
    return pageOf(document.first);
  }

  #answered(request: XMLHttpRequest): void {
    if (this.#request !== request) return;
    if (request.status !== 200) {
      this.#failed(request);
      return;
    }
    this.#request = null;
    this.state = { kind: 'idle' };
    const { pictures } = JSON.parse(request.responseText) as { pictures: Kept[] };
    const [first, last] = [pictures[0], pictures.at(-1)];
    for (const [place, picture] of pictures.entries()) this.#board().putPicture(picture, { newPage: place > 0 });
    if (first && last && pictures.length > 1) this.#document = { first: first.digest, last: last.digest };
    if (pictures.length === 1) this.#onPut();
  }

  #failed(request: XMLHttpRequest): void {
    if (this.#request !== request) return;
    this.#fail(told(request));
  }

  #fail(why: { title: string; detail: string }): void {
    this.#request = null;
    this.state = { kind: 'failed', ...why };
  }
}

/** Why the server would refuse the file once all of it had come, as far as it shows here; null: it may go. */
async function refusedHere(file: File): Promise<'tooLarge' | 'tooManyPages' | null> {
  if (file.size > UPLOAD_BYTES) return 'tooLarge';
  if (file.type !== 'application/pdf') return null;
  const bytes = await file.arrayBuffer().catch(() => new ArrayBuffer()); // gone meanwhile: its sending fails, and says so
  return (pagesOf(new Uint8Array(bytes)) ?? 0) > PDF_PAGES ? 'tooManyPages' : null;
}

/** What the server said; our own words where it said nothing. */
function told(request: XMLHttpRequest): { title: string; detail: string } {
  try {
    const { title, detail } = JSON.parse(request.responseText) as { title: string; detail: string };
    return { title, detail };
  } catch {
    return { title: '', detail: t('teacher:picture.failed') };
  }
}
