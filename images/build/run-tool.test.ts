import { expect, test } from 'vitest'
import { runTool } from './run-tool.ts'

test('returns what the program wrote, and passes its input', async () => {
  expect(await runTool('cat', [], { input: 'hello' })).toBe('hello')
})

test('RT1 a missing program is named with its package', async () => {
  await expect(runTool('mmdebstrap-that-is-not-there', [])).rejects.toMatchObject({ reason: 'tool-missing' })
})

test('RT2 a failure carries the last lines', async () => {
  await expect(runTool('sh', ['-c', 'echo one >&2; echo two >&2; exit 3'])).rejects.toMatchObject({ reason: 'failed', message: 'sh ended with status 3: one | two' })
})

test.each([
  ['cp: error writing: No space left on device', 'disk-full'],
  ['E: Failed to fetch http://mirror/x  Temporary failure resolving', 'download-failed'],
])('RT2 %s → %s', async (line, reason) => {
  await expect(runTool('sh', ['-c', `echo '${line}' >&2; exit 1`])).rejects.toMatchObject({ reason })
})

test('RT3 the signal ends the program and its children', async () => {
  const ending = new AbortController()
  const running = runTool('sh', ['-c', 'sleep 30 & wait'], { signal: ending.signal })
  setTimeout(() => { ending.abort() }, 50)
  const started = Date.now()
  await expect(running).rejects.toMatchObject({ reason: 'cancelled' })
  expect(Date.now() - started).toBeLessThan(5_000)
})

test('lines arrive one by one, carriage returns count', async () => {
  const lines: string[] = []
  await runTool('printf', ['a\\rb\\nc\\n'], {})
  await runTool('sh', ['-c', 'printf "a\\rb\\nc\\n" >&2'], { onLine: line => { lines.push(line) } })
  expect(lines).toEqual(['a', 'b', 'c'])
})
