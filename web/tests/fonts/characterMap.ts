/** Reads which characters a TrueType font has a glyph for. */

/** The code points of `font`'s format 4 character map, which every font for the basic plane has. Source: OpenType, `cmap`. */
export function charactersOf(font: Buffer): Set<number> {
  const cmap = tableAt(font, 'cmap');
  const count = font.readUInt16BE(cmap + 2);
  const maps = Array.from({ length: count }, (_, index) => cmap + font.readUInt32BE(cmap + 4 + 8 * index + 4));
  const map = maps.find((at) => font.readUInt16BE(at) === 4);
  if (map === undefined) throw new Error('the font has no character map of format 4');
  return segments(font, map);
}

function tableAt(font: Buffer, tag: string): number {
  for (let record = 12; record < 12 + 16 * font.readUInt16BE(4); record += 16) {
    if (font.toString('latin1', record, record + 4) === tag) return font.readUInt32BE(record + 8);
  }
  throw new Error(`the font has no table ${tag}`);
}

function segments(font: Buffer, map: number): Set<number> {
  const found = new Set<number>();
  const twice = font.readUInt16BE(map + 6);
  for (let segment = 0; segment < twice; segment += 2) {
    const end = font.readUInt16BE(map + 14 + segment);
    const start = font.readUInt16BE(map + 16 + twice + segment);
    const delta = font.readUInt16BE(map + 16 + 2 * twice + segment);
    const offsetAt = map + 16 + 3 * twice + segment;
    const offset = font.readUInt16BE(offsetAt);
    for (let character = start; character <= end && character !== 0xffff; character += 1) {
      const stored = offset === 0 ? character : font.readUInt16BE(offsetAt + offset + 2 * (character - start));
      if (stored !== 0 && ((stored + delta) & 0xffff) !== 0) found.add(character);
    }
  }
  return found;
}
