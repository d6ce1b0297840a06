/**
 * Three projects, one after the other: unit (beside the code), integration (real processes on this machine), e2e (a real lab).
 *
 * None has groupOrder 0, vitest's default: where a project has one worker (on two cores every project has), vitest puts that
 * order behind all others, and the unit tests would come last.
 *
 * Two labs of end-to-end tests run at once: each waits more than it works, and the longest file fills half of the time alone.
 */
import { defineConfig } from 'vitest/config'

const beside = ['agents/**/*.test.ts', 'electron/**/*.test.ts', 'images/**/*.test.ts', 'build/**/*.test.ts', 'renderer/**/*.test.ts', 'test/arch/**/*.test.ts', 'test/bench/**/*.test.ts', 'test/contracts/**/*.test.ts', 'test/fakes/**/*.test.ts', 'test/faults/**/*.test.ts']

/** How long `expect.poll` waits where real processes are waited for: a busy machine may need seconds for what takes milliseconds. */
const patience = { poll: { timeout: 60_000, interval: 50 } }

/** On the shared machine of CI a test may lose its time to others: it is tried once more, and the summary names it. */
const retry = process.env['CI'] === undefined ? 0 : 1

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: beside, testTimeout: 30_000, hookTimeout: 30_000, retry, sequence: { groupOrder: 1 } } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts', 'test/conformance/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 240_000, retry, expect: patience, fileParallelism: false, sequence: { groupOrder: 2 } } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 1_200_000, retry, expect: patience, maxWorkers: 2, sequence: { groupOrder: 3 } } },
    ],
  },
})
