/** Three projects: unit (beside the code), integration (real processes on this machine), e2e (a real lab). */
import { defineConfig } from 'vitest/config'

const beside = ['agents/**/*.test.ts', 'electron/**/*.test.ts', 'images/**/*.test.ts', 'build/**/*.test.ts', 'renderer/**/*.test.ts', 'test/arch/**/*.test.ts', 'test/contracts/**/*.test.ts', 'test/fakes/**/*.test.ts']

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: beside, testTimeout: 20_000, hookTimeout: 20_000 } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 900_000, fileParallelism: false } },
    ],
  },
})
