/** How many pages a PDF says it has, so that one with too many is refused before it is sent over a school's line. */
const HEAD = 1024;
const AROUND = 4096;

/**
 * The number of pages of a PDF, or null where only who unpacks it can tell: many keep their page tree compressed, and
 * one that was changed and saved again has more than one. Source: ISO 32000-1, 7.7.3.2 and annex F.2.
 */
export function pagesOf(bytes: Uint8Array): number | null {
  const text = new TextDecoder('latin1').decode(bytes);
  return linearized(text) ?? (text.split('%%EOF').length === 2 ? tree(text) : null);
}

/** A linearized file tells its pages (N) at its beginning; it is still one while its length is as told there (L). */
function linearized(text: string): number | null {
  const head = /<<[^>]*\/Linearized[^>]*>>/.exec(text.slice(0, HEAD))?.[0] ?? '';
  const [length, pages] = [/\/L\s+(\d+)/, /\/N\s+(\d+)/].map((key) => Number(key.exec(head)?.[1] ?? 0));
  return pages && length === text.length ? pages : null;
}

/** The root of the page tree counts all leaves; its other nodes count fewer. */
function tree(text: string): number | null {
  let most = 0;
  for (const { index } of text.matchAll(/\/Type\s*\/Pages\b/g)) {
    const from = Math.max(text.lastIndexOf('obj', index), index - AROUND);
    const until = text.indexOf('endobj', index);
    const node = text.slice(from, until < 0 ? index + AROUND : until);
    most = Math.max(most, Number(/\/Count\s+(\d+)/.exec(node)?.[1] ?? 0));
  }
  return most || null;
}
