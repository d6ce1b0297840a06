/**
 * Reads a container's log file as `kubectl logs` asks for it.
 *
 *   LG1  tailLines counts lines of the container, not pieces: partial pieces belong to the line they end in.
 *   LG2  sinceTime and sinceSeconds drop lines written before; limitBytes ends the answer after so many bytes.
 *   LG3  timestamps puts the time before each line.
 *   LG4  Following goes on until the container has ended and its file is read, or the reader goes; a rotated file is read
 *        to its end and then its successor from the start.
 *   LG5  A line that is not of the log's form is passed on as it stands.
 *   LG6  One stream alone is refused: PodLogsQuerySplitStreams is alpha and off by default in 1.36.
 */
import { watch } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readLogLine } from './log-lines.ts'

export interface LogOptions {
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  readonly limitBytes: number | undefined
  /** RFC 3339 with nanoseconds; text of equal form is compared. */
  readonly sinceMs: number | undefined
}

const blockBytes = 64 * 1024
const lookEveryMs = 1_000

export class LogOptionsError extends Error {
  override readonly name = 'LogOptionsError'
}

export function readLogOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const number = (name: string, least: number) => {
    const text = query.get(name)
    if (text === null || text === '') return undefined
    const value = Number(text)
    if (!Number.isInteger(value) || value < least) throw new LogOptionsError(`${name}: Invalid value: ${JSON.stringify(text)}: must be greater than or equal to ${least}`)
    return value
  }
  const stream = query.get('stream') ?? 'All'
  if (stream !== 'All') throw new LogOptionsError(`unable to return the given log stream: ${JSON.stringify(stream)}. Please enable PodLogsQuerySplitStreams feature gate in kubelet`) // LG6
  const isSet = (name: string) => ['true', '1'].includes(query.get(name) ?? '')
  const sinceTime = query.get('sinceTime')
  const sinceSeconds = number('sinceSeconds', 1)
  return {
    follow: isSet('follow'), timestamps: isSet('timestamps'), tailLines: number('tailLines', 0), limitBytes: number('limitBytes', 1),
    sinceMs: sinceTime !== null && sinceTime !== '' ? Date.parse(sinceTime) : sinceSeconds === undefined ? undefined : nowMs - sinceSeconds * 1_000,
  }
}

/** Yields what is to be sent. `isRunning` is asked when the end of the file is reached. */
export async function* readContainerLog(path: string, options: LogOptions, isRunning: () => boolean, signal: AbortSignal): AsyncGenerator<string> {
  let file = await open(path, 'r')
  const render = new LineRenderer(options)
  try {
    let offset = options.tailLines === undefined ? 0 : await tailOffset(file, options.tailLines)
    let rest: Buffer = Buffer.alloc(0)
    for (;;) {
      const wasRunning = isRunning()
      const block = Buffer.alloc(blockBytes)
      const { bytesRead } = await file.read(block, 0, blockBytes, offset)
      if (bytesRead > 0) {
        offset += bytesRead
        const bytes = Buffer.concat([rest, block.subarray(0, bytesRead)])
        const end = bytes.lastIndexOf(10) + 1
        rest = bytes.subarray(end)
        const text = render.render(bytes.subarray(0, end).toString('utf8'))
        if (text !== '') yield text
        if (render.isFull) return // LG2
        continue
      }
      if (!options.follow) return
      if (await isRotated(file, path)) { // LG4
        await file.close()
        file = await open(path, 'r')
        offset = 0
        rest = Buffer.alloc(0)
        continue
      }
      if (!wasRunning || signal.aborted) return
      await untilChanged(path, signal)
    }
  } finally {
    await file.close()
  }
}

async function isRotated(file: FileHandle, path: string): Promise<boolean> {
  const [ours, present] = await Promise.all([file.stat(), stat(path).catch(() => undefined)])
  return present !== undefined && present.ino !== ours.ino
}

function untilChanged(path: string, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      watcher?.close()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, lookEveryMs)
    signal.addEventListener('abort', done, { once: true })
    let watcher: ReturnType<typeof watch> | undefined
    try {
      watcher = watch(dirname(path), { persistent: false }, done)
      watcher.on('error', done)
    } catch {
      // no inotify left: the timer does it
    }
  })
}

/** Turns lines of the file into what the client reads. */
export class LineRenderer {
  readonly #options: LogOptions
  #left: number
  #atLineStart = true

  constructor(options: LogOptions) {
    this.#options = options
    this.#left = options.limitBytes ?? Infinity
  }

  get isFull(): boolean {
    return this.#left <= 0
  }

  render(text: string): string {
    let out = ''
    for (const raw of text.split('\n').slice(0, -1)) out += this.#line(raw)
    if (this.#left === Infinity) return out
    const bytes = Buffer.from(out).subarray(0, this.#left)
    this.#left -= bytes.length
    return bytes.toString('utf8')
  }

  #line(raw: string): string {
    const line = readLogLine(raw)
    if (line === undefined) return `${raw}\n` // LG5
    if (this.#options.sinceMs !== undefined && Date.parse(line.time) < this.#options.sinceMs) return ''
    const prefix = this.#options.timestamps && this.#atLineStart ? `${line.time} ` : '' // LG3
    this.#atLineStart = !line.isPartial
    return `${prefix}${line.text}${line.isPartial ? '' : '\n'}`
  }
}

/** Where the last n lines begin, reading backwards in blocks (LG1). */
export async function tailOffset(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat()
  if (lines === 0) return size
  let end = size
  let pending: Buffer = Buffer.alloc(0)
  let found = 0
  let begin = size
  while (end > 0) {
    const start = Math.max(0, end - blockBytes)
    const block = Buffer.alloc(end - start)
    await file.read(block, 0, block.length, start)
    pending = Buffer.concat([block, pending])
    let at = pending.length - (start + pending.length === size && pending.at(-1) === 10 ? 1 : 0)
    for (;;) {
      const newline = pending.lastIndexOf(10, at - 1)
      if (newline < 0 && start > 0) break
      const line = pending.subarray(newline + 1, at).toString('utf8')
      if (isFullLine(line) && found++ === lines) return begin
      begin = start + newline + 1
      if (newline < 0) return 0
      at = newline
    }
    pending = pending.subarray(0, at)
    end = start
  }
  return 0
}

function isFullLine(raw: string): boolean {
  return readLogLine(raw)?.isPartial !== true
}
