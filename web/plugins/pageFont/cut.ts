/** Cuts a font down to some characters, once for each content: what was cut before is taken from the folder. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import subsetFont from 'subset-font';

/** Copyright, trademark, licence and its address stay in the font (OpenType, `name` table). */
const LEGAL_NAMES = [0, 7, 13, 14];
const OPTIONS = { targetFormat: 'woff2', noLayoutClosure: true, preserveNameIds: LEGAL_NAMES } as const;

/**
 * The path of a woff2 file below `folder`, called `name`, with the glyphs of `characters` from the font file `source`.
 *
 * A character that `source` lacks is left out. Raises what reading, cutting and writing raise.
 */
export async function cutFont(source: string, characters: string, folder: string, name: string): Promise<string> {
  const whole = await readFile(source);
  const content = createHash('sha256')
    .update(whole)
    .update(JSON.stringify([characters, OPTIONS]))
    .digest('hex');
  const path = join(folder, content.slice(0, 16), name);
  if (existsSync(path)) return path;
  const cut = await subsetFont(whole, characters, { ...OPTIONS, preserveNameIds: [...LEGAL_NAMES] });
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`; // another build may be cutting the same font
  await writeFile(unfinished, cut);
  await rename(unfinished, path);
  return path;
}
