/** A picture or PDF on its way from the teacher's computer to the board: sent, prepared by the server, put on pages. */
import { type BoardNow, pictureOf } from '@/board/state';
import { language, t } from '@/i18n/language.svelte';
import type { LessonBoard } from '@/room/interface';
import type { Digest, PageId } from '@/signaling/wire.gen';

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

  /** Sends the file; one that is still on its way is given up. XMLHttpRequest, because fetch tells no upload progress. */
  send(file: File): void {
    this.cancel();
    const request = new XMLHttpRequest();
    this.#request = request;
    this.state = { kind: 'sending', share: 0 };
    request.open('POST', `/api/lessons/${encodeURIComponent(this.#lessonId())}/pictures`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('accept-language', language());
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
    this.#request = null;
    this.state = { kind: 'failed', ...told(request) };
  }
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
