/**
 * A container's last words: the file it was given, or the end of its log.
 *
 *   TM1  At most 4096 bytes of the file (the last ones).
 *   TM2  FallbackToLogsOnError: an empty file and a failed container give the last 80 lines or 2048 bytes of the log.
 */
import { open } from 'node:fs/promises'
import type { ObservedContainer } from '../cri/observed-pod.ts'
import { readLogLine } from '../server/log-lines.ts'

const maxFileBytes = 4096
const maxLogBytes = 2048
const maxLogLines = 80

export async function readTerminationMessage(container: ObservedContainer): Promise<string> {
  const said = container.terminationMessageFile === undefined ? '' : await readTail(container.terminationMessageFile, maxFileBytes) // TM1
  if (said !== '' || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || container.exitCode === 0) return said
  const log = await readTail(container.logPath, maxLogBytes * 8)
  const lines = log.split('\n').slice(-maxLogLines - 1)
  const text = lines.map(line => readLogLine(line)).map(line => (line === undefined ? '' : line.text + (line.isPartial ? '' : '\n'))).join('')
  return text.slice(-maxLogBytes) // TM2
}

async function readTail(path: string, maxBytes: number): Promise<string> {
  if (path === '') return ''
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.min(size, maxBytes))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, Math.max(0, size - maxBytes))
    return buffer.subarray(0, bytesRead).toString('utf8')
  } catch {
    return ''
  }
}
