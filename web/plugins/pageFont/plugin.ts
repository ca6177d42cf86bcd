/**
 * `import 'virtual:page-font.css'`: the typeface with exactly the characters of our own catalogs, one file a weight.
 *
 * The npm package has the typeface in a hundred slices. A sentence is spread over many of them, and a sign that appears
 * in class would fetch them over a line that is already too thin. So our own words get one small font, asked for from
 * the page's head; the slices stay for what people type. A changed catalog changes the font, also while developing.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HtmlTagDescriptor, Plugin } from 'vite';
import { pageCharacters, unicodeRange } from './characters.ts';
import { cutFont } from './cut.ts';

/** A family of its own, before the slices' in `--font`: then the order in which style sheets arrive is of no matter. */
export const FAMILY = 'Tongke';
export const WEIGHTS = [400, 700] as const;

const STYLES = 'virtual:page-font.css';
const RESOLVED = '/__page-font.css';
const PACKAGE = 'node_modules/@fontsource/noto-sans-sc';
const KEPT_IN = 'node_modules/.page-font';
const LICENCE = 'fonts/OFL.txt';
const BUILT = /page-(?:400|700)-[\w-]+\.woff2$/;

/**
 * The files of the pages' words below `web`, the folder of the pages. Those of the admin page are left out: its desks
 * take the slices, and a classroom's line need not carry their characters.
 */
export function catalogFiles(web: string): string[] {
  const locales = join(web, 'src/locales');
  const names = readdirSync(locales, { recursive: true, encoding: 'utf8' });
  const ours = names.filter((name) => name.endsWith('.json') && !/(^|[\\/])admin(-[\w-]+)?\.json$/.test(name));
  return ours.map((name) => join(locales, name));
}

/** The cut fonts for the catalogs below `web`: their characters, and the path of one woff2 file for each of `WEIGHTS`. */
export async function cutForPages(web: string): Promise<{ characters: string; paths: string[] }> {
  const texts = await Promise.all(catalogFiles(web).map((path) => readFile(path, 'utf8')));
  const characters = pageCharacters(texts);
  const cuts = WEIGHTS.map((weight) => {
    const source = join(web, PACKAGE, `files/noto-sans-sc-chinese-simplified-${weight}-normal.woff2`);
    return cutFont(source, characters, join(web, KEPT_IN), `page-${weight}.woff2`);
  });
  return { characters, paths: await Promise.all(cuts) };
}

/** The plugin; `web` is the folder of the pages. */
export function pageFont(web: string): Plugin {
  return {
    name: 'page-font',
    resolveId: (id) => (id === STYLES ? RESOLVED : null),
    async load(id) {
      if (id !== RESOLVED) return null;
      for (const path of catalogFiles(web)) this.addWatchFile(path);
      const { characters, paths } = await cutForPages(web);
      return paths.map((path, index) => face(WEIGHTS[index], path, characters)).join('\n');
    },
    async generateBundle() {
      const source = await readFile(join(web, PACKAGE, 'LICENSE'));
      this.emitFile({ type: 'asset', fileName: LICENCE, source });
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => BUILT.test(name))
          .map(preload),
    },
  };
}

function face(weight: number | undefined, path: string, characters: string): string {
  return `@font-face {
  font-family: '${FAMILY}';
  font-style: normal;
  font-weight: ${weight};
  font-display: swap;
  src: url('${path}') format('woff2');
  unicode-range: ${unicodeRange(characters)};
}`;
}

function preload(name: string): HtmlTagDescriptor {
  const attrs = { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${name}`, crossorigin: true };
  return { tag: 'link', attrs, injectTo: 'head' };
}
