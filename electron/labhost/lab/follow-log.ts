/** Lines of a log file, or of a program that writes one: the last ones, then what comes while it is followed. */
import { open, stat } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { readLogTail } from '../components/log-file.ts'

const lookEveryMs = 200

export async function* followLogFile(path: string, options: { readonly tail: number; readonly follow: boolean; readonly clock: Clock; readonly signal: AbortSignal }): AsyncGenerator<{ readonly line: string }> {
  const { lines, end } = readLogTail(path, options.tail)
  for (const line of lines) yield { line }
  if (!options.follow) return
  let position = end
  let rest = ''
  let decoder = new StringDecoder('utf8')
  while (!options.signal.aborted) {
    const size = (await stat(path).catch(() => ({ size: 0 }))).size
    if (size < position) {
      position = 0 // rotated
      rest = ''
      decoder = new StringDecoder('utf8')
    }
    if (size > position) {
      const file = await open(path, 'r')
      try {
        const buffer = Buffer.alloc(Math.min(size - position, 1024 * 1024))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
        position += bytesRead
        rest += decoder.write(buffer.subarray(0, bytesRead))
      } finally {
        await file.close()
      }
      const whole = rest.split('\n')
      rest = whole.pop()!
      for (const line of whole) yield { line }
      if (size > position) continue
    }
    await sleep(options.clock, lookEveryMs, options.signal).catch(() => {})
  }
}

export async function* linesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<{ readonly line: string }> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.write(chunk)
    const whole = rest.split('\n')
    rest = whole.pop()!
    for (const line of whole) yield { line }
  }
  if (rest !== '') yield { line: rest }
}
