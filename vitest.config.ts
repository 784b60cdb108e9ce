import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const alias = { '@contract': resolve('src-main/contract/index.ts') }

/**
 * `unit` needs neither display nor sound nor models and runs in parallel. The other two measure time and share a display
 * and a sound server: one file after the other, and only once the unit tests are done. They play real sound in real
 * time on whatever else the machine does, so what fails is tried once more; the run ends by naming each of these, because
 * a test that fails now and then has found something, or is to be mended.
 */
const RETRIES = 1
export default defineConfig({
  test: {
    reporters: ['default', './scripts/lib/retried-reporter.mjs'],
    projects: [
      {
        plugins: [vue()],
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,mjs}', 'test/architecture.test.ts'],
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          retry: RETRIES,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          retry: RETRIES,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
