/**
 * Runs the programs an image is made with.
 *
 *   RT1  A missing program becomes an error that names its Debian package.
 *   RT2  A failing program becomes an error with its own last lines; a full disk is recognised in them.
 *   RT3  When the signal fires the whole process group is ended and waited for.
 */
import { spawn } from 'node:child_process'
import { BuildError, diskFull, toolMissing } from './build-error.ts'

export interface RunOptions {
  readonly signal?: AbortSignal | undefined
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Called with every line the program writes on stderr. */
  readonly onLine?: (line: string) => void
}

/** Runs the program to its end and returns its stdout. */
export function runTool(tool: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted === true) {
      reject(new BuildError('cancelled', 'The image build was cancelled; nothing half-made was kept.'))
      return
    }
    const child = spawn(tool, args, {
      cwd: options.cwd, detached: true, stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C.UTF-8', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, ...options.env },
    })
    const out: Buffer[] = []
    const tail: string[] = []
    let rest = ''
    const stop = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM') // RT3
      } catch { /* already gone */ }
    }
    options.signal?.addEventListener('abort', stop, { once: true })
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split(/[\r\n]+/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        tail.push(line)
        if (tail.length > 12) tail.shift()
        options.onLine?.(line)
      }
    })
    child.stdin.on('error', () => { /* the program did not read its input; its status tells */ })
    child.stdin.end(options.input ?? '')
    child.on('error', (error: NodeJS.ErrnoException) => {
      options.signal?.removeEventListener('abort', stop)
      reject(error.code === 'ENOENT' ? toolMissing(tool) : error) // RT1
    })
    child.on('close', (code, killedBy) => {
      options.signal?.removeEventListener('abort', stop)
      if (rest !== '') tail.push(rest)
      if (options.signal?.aborted === true) reject(new BuildError('cancelled', 'The image build was cancelled; nothing half-made was kept.'))
      else if (code === 0) resolve(Buffer.concat(out).toString('utf8'))
      else reject(failureOf(tool, tail, code ?? killedBy ?? 'unknown')) // RT2
    })
  })
}

function failureOf(tool: string, tail: readonly string[], status: number | string): BuildError {
  const text = tail.join('\n')
  if (/no space left on device|disk quota exceeded|write error.*full/i.test(text)) return diskFull('the image cache')
  if (/temporary failure resolving|could not resolve|failed to fetch|unable to fetch|connection (refused|timed out)/i.test(text)) {
    return new BuildError('download-failed', `Debian packages could not be downloaded. Check the network, or set KUBARIUM_DEBIAN_MIRROR to a reachable Debian mirror, and run the command again. ${tool} said: ${lastLines(tail)}`)
  }
  return new BuildError('failed', `${tool} ended with status ${status}: ${lastLines(tail)}`)
}

function lastLines(tail: readonly string[]): string {
  return tail.filter(line => line.trim() !== '').slice(-6).map(line => (line.length > 240 ? `${line.slice(0, 240)}…` : line)).join(' | ')
}
