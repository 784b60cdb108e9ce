import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'

const contract = resolve('src-main/contract/index.ts')

/**
 * Main is built as CommonJS: native modules load with `require`, and ESM-only
 * pure JavaScript is bundled. `node-llama-cpp` (ESM) stays external and is
 * loaded with `import()`.
 */
export default defineConfig({
  main: {
    resolve: { alias: { '@contract': contract } },
    build: {
      outDir: 'out/main',
      externalizeDeps: { exclude: ['zod'] },
      rollupOptions: {
        input: {
          'index': resolve('src-main/index.ts'),
          'audio-child': resolve('src-main/audio/child/main.ts'),
          'inference-child': resolve('src-main/inference/child/main.ts'),
          'clipboard-thread': resolve('src-main/desktop/inject/thread/main.ts'),
          'cli': resolve('src-main/cli/main.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    resolve: { alias: { '@contract': contract } },
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rollupOptions: {
        input: { index: resolve('src-main/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].js' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    // The Content-Security-Policy of each mode is in src-renderer/.env.*; electron-vite looks in the root otherwise.
    envDir: resolve('src-renderer'),
    envPrefix: 'VITE_',
    resolve: { alias: { '@contract': contract } },
    build: {
      outDir: 'out/renderer',
      minify: true,
      rollupOptions: {
        input: {
          index: resolve('src-renderer/index.html'),
          overlay: resolve('src-renderer/overlay.html'),
        },
      },
    },
    plugins: [vue()],
  },
})
