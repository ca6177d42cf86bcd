import { fileURLToPath, URL } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { compressedTwins } from './plugins/compressedTwins.ts';
import { pageFont } from './plugins/pageFont/plugin.ts';

const PAGES = ['teacher', 'classroom', 'replay', 'ready', 'wall', 'pair', 'signin', 'assistant', 'watch', 'admin'];
const SERVER = '127.0.0.1:8080';

/** Serves `/teacher` and `/replay/<id>` in development the way the server does. */
function pageAddresses(): Plugin {
  return {
    name: 'page-addresses',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const page = /^\/([a-z]+)(?:\/[A-Za-z0-9_-]*)?(\?.*)?$/.exec(request.url ?? '');
        if (page?.[1] && PAGES.includes(page[1])) request.url = `/${page[1]}/index.html${page[2] ?? ''}`;
        next();
      });
    },
  };
}

/** Drops the .woff twin of every bundled font: each browser that runs these pages reads .woff2. */
function onlyWoff2(): Plugin {
  return {
    name: 'only-woff2',
    enforce: 'pre',
    transform(code, id) {
      if (!/@fontsource.*\.css/.test(id)) return null;
      return { code: code.replace(/,\s*url\([^)]+\.woff\)\s*format\('woff'\)/g, ''), map: null };
    },
  };
}

const inWeb = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => ({
  plugins: [onlyWoff2(), pageFont(inWeb('.')), svelte(), pageAddresses(), compressedTwins()],
  appType: 'mpa',
  resolve: {
    alias: { '@': inWeb('./src') },
    // Without this Vitest would resolve Svelte's server build.
    ...(mode === 'test' ? { conditions: ['browser'] } : {}),
  },
  build: {
    target: 'chrome100',
    assetsInlineLimit: 0, // the content security policy refuses data: addresses
    sourcemap: false,
    rolldownOptions: {
      input: {
        home: inWeb('./index.html'),
        ...Object.fromEntries(PAGES.map((page) => [page, inWeb(`./${page}/index.html`)])),
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': `http://${SERVER}`,
      '/ws': { target: `ws://${SERVER}`, ws: true },
    },
  },
  test: {
    environment: 'node', // a test that needs a document says so in its first line: making one takes a second
    include: ['tests/**/*.test.ts'],
    isolate: false, // a worker for each file takes three times the time of all tests
    setupFiles: ['tests/ownModules.ts'], // each file has modules of its own all the same
    testTimeout: 10_000,
    experimental: { fsModuleCache: true }, // what is unchanged is compiled once
  },
}));
