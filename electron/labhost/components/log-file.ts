/**
 * A component's log. The component itself holds the file open for appending, so that it goes on logging while no lab
 * host runs; rotation therefore copies the file to `.1` and truncates it in place.
 */
import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs'

export function openLogFile(path: string): number {
  return openSync(path, 'a', 0o600)
}

/** Lines written between the copy and the truncation are lost; both take well under a millisecond a megabyte. */
export function rotateLogFile(path: string, limitBytes: number): boolean {
  try {
    if (statSync(path).size < limitBytes) return false
    copyFileSync(path, `${path}.1`)
    truncateSync(path, 0)
    return true
  } catch {
    return false
  }
}

/** The last lines, oldest first; reads at most 256 KiB from the end. */
export function readLogTail(path: string, lines: number): { readonly lines: readonly string[]; readonly end: number } {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return { lines: [], end: 0 }
  }
  try {
    const size = fstatSync(fd).size
    const length = Math.min(size, 256 * 1024)
    const buffer = Buffer.alloc(length)
    const read = readSync(fd, buffer, 0, length, size - length)
    const all = buffer.subarray(0, read).toString('utf8').split('\n')
    if (length < size) all.shift()
    if (all.at(-1) === '') all.pop()
    return { lines: lines <= 0 ? [] : all.slice(-lines), end: size }
  } finally {
    closeSync(fd)
  }
}

/** What a log says went wrong last: the newest line of level error, else the last line that is not JSON, else the last. */
export function lastWords(path: string): string | null {
  const { lines } = readLogTail(path, 40)
  for (const line of [...lines].reverse()) {
    const entry = readEntry(line)
    if (entry === undefined && line.trim() !== '') return line.trim().slice(0, 500)
    if (entry?.level === 'error') return entryText(entry)
  }
  const last = lines.at(-1)
  return last === undefined ? null : entryText(readEntry(last) ?? { msg: last })
}

interface LogEntry {
  readonly level?: unknown
  readonly msg?: unknown
  readonly error?: unknown
  readonly reason?: unknown
}

function readEntry(line: string): LogEntry | undefined {
  try {
    const value = JSON.parse(line) as LogEntry | null
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function entryText(entry: LogEntry): string {
  const detail = entry.error ?? entry.reason
  return `${String(entry.msg ?? '')}${detail === undefined ? '' : `: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`}`.slice(0, 500)
}
