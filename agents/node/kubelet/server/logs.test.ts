import { appendFile, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readContainerLog, readLogOptions, tailOffset, type LogOptions } from './container-logs.ts'
import { readLogLine } from './log-lines.ts'

const plain: LogOptions = { follow: false, timestamps: false, tailLines: undefined, limitBytes: undefined, sinceMs: undefined }
const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z`
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubelet-logs-'))
  path = join(folder, '0.log')
  await writeFile(path, [`${at(1)} stdout F one`, `${at(2)} stderr F two`, `${at(3)} stdout P thr`, `${at(3)} stdout F ee`, `${at(4)} stdout F `, `${at(5)} stdout F six`, ''].join('\n'))
})
afterEach(() => rm(folder, { recursive: true }))

async function read(options: Partial<LogOptions>): Promise<string> {
  let text = ''
  for await (const part of readContainerLog(path, { ...plain, ...options }, () => false, new AbortController().signal)) text += part
  return text
}

describe('container logs', () => {
  test('lines are read, pieces joined', async () => {
    expect(await read({})).toBe('one\ntwo\nthree\n\nsix\n')
    expect(readLogLine('no log line')).toBeUndefined()
  })

  test('LG1 the last lines', async () => {
    expect(await read({ tailLines: 0 })).toBe('')
    expect(await read({ tailLines: 1 })).toBe('six\n')
    expect(await read({ tailLines: 3 })).toBe('three\n\nsix\n')
    expect(await read({ tailLines: 100 })).toBe('one\ntwo\nthree\n\nsix\n')
  })

  test('LG1 across blocks of a large file', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `${at(1)} stdout F line ${index} ${'x'.repeat(index % 200)}`)
    await writeFile(path, `${lines.join('\n')}\n`)
    for (const count of [1, 2, 500, 1500, 2999, 3000, 3001]) {
      const text = await read({ tailLines: count })
      expect(text.split('\n').length - 1).toBe(Math.min(count, 3000))
      expect(text.split(' ')[1]).toBe(String(Math.max(0, 3000 - count)))
    }
    await using file = await open(path)
    expect(await tailOffset(file, 3000)).toBe(0)
  })

  test('LG2 LG3 since, limit, timestamps', async () => {
    expect(await read({ sinceMs: Date.parse(at(4)) })).toBe('\nsix\n')
    expect(await read({ limitBytes: 6 })).toBe('one\ntw')
    expect(await read({ timestamps: true, tailLines: 3 })).toBe(`${at(3)} three\n${at(4)} \n${at(5)} six\n`)
  })

  test('LG4 following ends with the container and survives rotation', async () => {
    let running = true
    const parts: string[] = []
    const reading = (async () => {
      for await (const part of readContainerLog(path, { ...plain, follow: true, tailLines: 1 }, () => running, new AbortController().signal)) parts.push(part)
    })()
    await expect.poll(() => parts.join('')).toBe('six\n')
    await appendFile(path, `${at(6)} stdout F seven\n`)
    await expect.poll(() => parts.join('')).toBe('six\nseven\n')
    await rename(path, `${path}.20260101-000000`)
    await writeFile(path, `${at(7)} stdout F eight\n`)
    await expect.poll(() => parts.join(''), { timeout: 3000 }).toBe('six\nseven\neight\n')
    running = false
    await reading
  })

  test('LG6 one of the streams alone is refused', () => {
    expect(() => readLogOptions(new URLSearchParams('stream=All'), 0)).not.toThrow()
    expect(() => readLogOptions(new URLSearchParams('stream=Stderr'), 0)).toThrow('unable to return the given log stream: "Stderr". Please enable PodLogsQuerySplitStreams feature gate in kubelet')
  })

  test('options are checked', () => {
    expect(readLogOptions(new URLSearchParams('tailLines=5&follow=true&sinceSeconds=10'), 100_000)).toMatchObject({ tailLines: 5, follow: true, sinceMs: 90_000 })
    expect(() => readLogOptions(new URLSearchParams('tailLines=-1'), 0)).toThrow(/greater than or equal to 0/)
    expect(() => readLogOptions(new URLSearchParams('limitBytes=x'), 0)).toThrow(/limitBytes/)
  })
})
