/** Writes a `.gz` and a `.br` beside each built text, which the server sends to browsers that take it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(?:js|css|html|svg|txt)$/;
const brotli = promisify(brotliCompress);
const zipped = promisify(gzip);

/** Twins for every text in the build; pictures and fonts are compressed already. */
export function compressedTwins(): Plugin {
  return {
    name: 'compressed-twins',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      const texts = Object.values(bundle).filter(({ fileName }) => TEXT.test(fileName));
      await Promise.all(
        texts.map(async (file) => {
          const text = Buffer.from(file.type === 'chunk' ? file.code : file.source);
          const path = join(dir ?? '', file.fileName);
          await writeFile(`${path}.gz`, await zipped(text, { level: zlib.Z_BEST_COMPRESSION }));
          await writeFile(`${path}.br`, await brotli(text));
        }),
      );
    },
  };
}
