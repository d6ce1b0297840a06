/**
 * Runs a started program to its end and keeps what it printed.
 *
 *   CO1  At most maxOutputBytes of each stream are kept; beyond that the rest is read and thrown away, and marked.
 *   CO2  The signal ends the program, not only the waiting for it.
 */
import { Readable } from 'node:stream'
import { ProvisionError } from './provision-error.ts'
import type { RemoteProcess } from './remote-process.ts'

export interface ExecOptions {
  readonly stdin?: string | Uint8Array | Readable
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly maxOutputBytes?: number
}

export interface CommandResult {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export async function collect(remote: RemoteProcess, title: string, options: Omit<ExecOptions, 'timeoutMs'>): Promise<CommandResult> {
  const limit = options.maxOutputBytes ?? 16 * 1024 * 1024
  const stdout = keep(remote.stdout, limit)
  const stderr = keep(remote.stderr, limit)
  const { promise: ended, reject: end } = Promise.withResolvers<never>()
  ended.catch(() => {})
  const give = (error: Error) => {
    remote.kill('KILL') // CO2
    end(error)
  }
  const onAbort = () => { give(options.signal!.reason as Error) }
  options.signal?.addEventListener('abort', onAbort, { once: true })
  remote.stdin.on('error', () => {}) // a program may end without reading all it was given
  if (options.stdin instanceof Readable) {
    options.stdin.on('error', (error: Error) => { give(new ProvisionError('UploadFailed', `what "${title}" was to be given could not be read: ${error.message}`, { cause: error })) })
    options.stdin.pipe(remote.stdin)
  } else {
    remote.stdin.end(options.stdin ?? '')
  }
  try {
    const exit = await Promise.race([remote.exited, ended])
    return { ...exit, stdout: stdout(), stderr: stderr() }
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
  }
}

function keep(stream: Readable, limitBytes: number): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    if (bytes < limitBytes) chunks.push(chunk.subarray(0, limitBytes - bytes)) // CO1
    bytes += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8') + (bytes > limitBytes ? '\n[the rest was left out]' : '')
}
