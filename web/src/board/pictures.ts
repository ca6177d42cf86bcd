/**
 * The pictures of a lesson's pages on this device: each is fetched once (the browser keeps it, its address names what it
 * holds), in the quality that the line carries, and quietly once more when the line has become better.
 *
 *     shelf.want(['ab…', 'cd…'], 'full');           // the page that is shown first; the others are fetched ahead
 *     const bitmap = shelf.get('ab…');              // null until it has come
 */
import type { Digest, Rung } from '@/signaling/wire.gen';

export type PictureQuality = 'full' | 'small' | 'thin';

const RANK: Readonly<Record<PictureQuality, number>> = { thin: 0, small: 1, full: 2 };
const QUALITY: Readonly<Record<Rung, PictureQuality>> = {
  full: 'full',
  smaller: 'small',
  speaker: 'small',
  sound: 'thin',
  voice: 'thin',
};
/** Decoded pictures that are kept although they are not wanted now; one takes up to 8 MB. */
const KEPT = 4;
/**
 * On a thin line, and on one that has just become thin, another connection costs seconds: one is kept open, which the
 * server would close after 15 s of silence.
 */
const WARM_EVERY_MS = 10_000;
const AGAIN_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;

interface Held {
  readonly quality: PictureQuality;
  readonly bitmap: ImageBitmap;
}

interface Fetching {
  readonly digest: Digest;
  readonly quality: PictureQuality;
  readonly stop: AbortController;
  /** 0..1 of its bytes. */
  share: number;
}

export class PictureShelf {
  readonly #address: (digest: Digest, quality: PictureQuality) => string;
  readonly #held = new Map<Digest, Held>();
  readonly #listeners = new Set<() => void>();
  #wanted: readonly Digest[] = [];
  #best: PictureQuality = 'full';
  #fetching: Fetching | null = null;
  #failures = 0;
  readonly #warming: ReturnType<typeof setInterval>;
  #again: ReturnType<typeof setTimeout> | null = null;
  #closed = false;

  constructor(lessonId: string) {
    this.#address = (digest, quality) => `/api/lessons/${lessonId}/pictures/${digest}/${quality}`;
    this.#warming = setInterval(() => this.#warm(), WARM_EVERY_MS);
  }

  /** Tells `listener` of every picture that has come and of every step on its way; returns how to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(digest: Digest): ImageBitmap | null {
    return this.#held.get(digest)?.bitmap ?? null;
  }

  /** How much of it has come, 0..1; null once it is there. */
  coming(digest: Digest): number | null {
    if (this.#held.has(digest)) return null;
    return this.#fetching?.digest === digest ? this.#fetching.share : 0;
  }

  /** Fetches these, the first first; `rung` is what the line carries. */
  want(digests: readonly Digest[], rung: Rung): void {
    this.#wanted = [...new Set(digests)];
    this.#best = QUALITY[rung];
    const first = this.#next();
    const now = this.#fetching;
    // What is fetched ahead makes way for what is looked at, and what is too heavy for the line for what it carries.
    const ahead = first === this.#wanted[0] && now?.digest !== first;
    if (now && first && (ahead || RANK[now.quality] > RANK[this.#best])) now.stop.abort();
    this.#forget();
    this.#go();
  }

  close(): void {
    this.#closed = true;
    this.#fetching?.stop.abort();
    clearInterval(this.#warming);
    if (this.#again) clearTimeout(this.#again);
    for (const { bitmap } of this.#held.values()) bitmap.close();
    this.#held.clear();
  }

  /** Asks for next to nothing; what is being fetched keeps its connection open itself. */
  #warm(): void {
    if (!this.#fetching) void fetch('/healthz', { method: 'HEAD', cache: 'no-store' }).catch(() => undefined);
  }

  #next(): Digest | undefined {
    const lacks = (digest: Digest, quality: PictureQuality): boolean => {
      const held = this.#held.get(digest);
      return !held || RANK[held.quality] < RANK[quality];
    };
    // First anything of every page, then something better.
    return (
      this.#wanted.find((digest) => lacks(digest, 'thin')) ?? this.#wanted.find((digest) => lacks(digest, this.#best))
    );
  }

  #go(): void {
    const digest = this.#next();
    if (digest === undefined || this.#fetching || this.#again || this.#closed) return;
    const fetching = { digest, quality: this.#best, stop: new AbortController(), share: 0 };
    this.#fetching = fetching;
    void this.#fetch(fetching).then((came) => this.#came(fetching, came));
  }

  async #fetch(fetching: Fetching): Promise<ImageBitmap | null> {
    try {
      const response = await fetch(this.#address(fetching.digest, fetching.quality), { signal: fetching.stop.signal });
      if (!response.ok || !response.body) return null;
      const length = Number(response.headers.get('content-length')) || Number.POSITIVE_INFINITY;
      const reader = response.body.getReader();
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for (let size = 0; ; ) {
        const { done, value } = await reader.read();
        if (done) break;
        pieces.push(value as Uint8Array<ArrayBuffer>);
        size += value.length;
        fetching.share = size / length;
        this.#tell();
      }
      return await createImageBitmap(new Blob(pieces, { type: 'image/webp' }));
    } catch {
      return null; // the line broke, or it is not wanted any more: `#came` tries again
    }
  }

  #came(fetching: Fetching, bitmap: ImageBitmap | null): void {
    this.#fetching = null;
    if (this.#closed) {
      bitmap?.close();
      return;
    }
    if (bitmap) {
      this.#failures = 0;
      this.#held.get(fetching.digest)?.bitmap.close();
      this.#held.set(fetching.digest, { quality: fetching.quality, bitmap });
      this.#forget();
      this.#tell();
    } else if (!fetching.stop.signal.aborted) {
      this.#rest();
    }
    this.#go();
  }

  #rest(): void {
    const wait = AGAIN_MS[Math.min(this.#failures, AGAIN_MS.length - 1)];
    this.#failures += 1;
    this.#again = setTimeout(() => {
      this.#again = null;
      this.#go();
    }, wait);
  }

  #forget(): void {
    const spare = [...this.#held.keys()].filter((digest) => !this.#wanted.includes(digest));
    for (const digest of spare.slice(0, Math.max(0, spare.length - KEPT))) {
      this.#held.get(digest)?.bitmap.close();
      this.#held.delete(digest);
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
