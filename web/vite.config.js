import { defineConfig } from 'vite';

// `npm run dev` shows the page beside a platform that runs elsewhere: PLATFORM=http://127.0.0.1:3001 npm run dev
const platform = process.env.PLATFORM ?? 'http://127.0.0.1:3001';

export default defineConfig({
  // Relative, so that the page works wherever it is served.
  base: './',
  build: {
    target: 'es2022',
    // A polyfill of preloading would be bytes for nothing: there is one script.
    modulePreload: false,
    // No `data:` address: the page's policy allows none.
    assetsInlineLimit: 0,
    // What the packages in the bundle ask for: their licences go with it.
    license: { fileName: 'licenses.md' },
    reportCompressedSize: false,
    rolldownOptions: {
      onwarn(warning, warn) {
        // react-hot-toast's "use client", which means something to servers only.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: {
    proxy: {
      '/good': platform,
      '/platform.json': platform,
      '/socket.io': { target: platform, ws: true },
    },
  },
});
