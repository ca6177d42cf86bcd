/** The picture beneath a page's ink, on a canvas of its own: as large as fits, in the middle, on white paper. */
import type { PictureShelf } from '@/board/pictures';
import type { Digest, PagePicture } from '@/signaling/wire.gen';

export class Ground {
  readonly canvas = document.createElement('canvas');
  readonly #shelf: PictureShelf | null;
  readonly #stop: () => void;
  readonly #onDrawn: () => void;
  #picture: PagePicture | null = null;
  #drawn: ImageBitmap | null = null;
  #shown: Digest | null = null;

  /** shelf: null where a board has no pictures; onDrawn: another picture, or a better one, is on the canvas. */
  constructor(shelf: PictureShelf | null, onDrawn: () => void = () => {}) {
    this.canvas.className = 'board-ground';
    this.canvas.style.position = 'absolute';
    this.#shelf = shelf;
    this.#onDrawn = onDrawn;
    this.#stop = shelf?.subscribe(() => this.#draw()) ?? (() => {});
  }

  /** What is to be shown is on the canvas. */
  get complete(): boolean {
    return this.#picture === null || this.#shown === this.#picture.digest;
  }

  show(picture: PagePicture | null): void {
    this.#picture = picture;
    this.#draw();
  }

  /** width, height: in device pixels. What was there is drawn anew. */
  resize({ width, height }: { width: number; height: number }): void {
    this.canvas.width = width;
    this.canvas.height = height;
    this.#drawn = null;
    this.#shown = null;
    this.#draw();
  }

  destroy(): void {
    this.#stop();
    this.canvas.remove();
  }

  /** Without the picture the paper stays white: an older page's picture under new ink would be worse than none. */
  #draw(): void {
    const picture = this.#picture;
    const bitmap = picture ? (this.#shelf?.get(picture.digest) ?? null) : null;
    if (bitmap === this.#drawn && (picture?.digest ?? null) === this.#shown) return;
    const context = this.canvas.getContext('2d');
    if (!context) return;
    const { width, height } = this.canvas;
    context.clearRect(0, 0, width, height);
    if (picture && bitmap) {
      const scale = Math.min(width / picture.width, height / picture.height);
      const [wide, high] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
      context.imageSmoothingQuality = 'high';
      context.drawImage(bitmap, Math.round((width - wide) / 2), Math.round((height - high) / 2), wide, high);
    }
    this.#drawn = bitmap;
    this.#shown = bitmap && picture ? picture.digest : null;
    this.#onDrawn();
  }
}
