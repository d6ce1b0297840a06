/** Runs a program of the system with an argument array: no shell, an end to every wait, output bounded. */
import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly env?: Readonly<Record<string, string>>
}

export interface RunResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A program that ended with another status than 0, or could not be started. */
export class CommandError extends Error {
  readonly code: number
  readonly stderr: string

  constructor(command: string, argv: readonly string[], code: number, stderr: string) {
    super(`${command} ${argv.join(' ')} failed with status ${code}: ${stderr.trim().slice(0, 500)}`)
    this.name = 'CommandError'
    this.code = code
    this.stderr = stderr
  }
}

const mostOutputBytes = 64 * 1024 * 1024

/** Runs to the end and returns whatever the status is; rejects only when the program cannot be started or is cut off. */
export function tryRun(command: string, argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const signals = [AbortSignal.timeout(options.timeoutMs ?? 30_000), ...(options.signal === undefined ? [] : [options.signal])]
    const child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'pipe'], signal: AbortSignal.any(signals), killSignal: 'SIGKILL', env: { ...process.env, LC_ALL: 'C', ...options.env } })
    const output: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] }
    let bytes = 0
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= mostOutputBytes) output[stream].push(chunk)
      })
    }
    child.on('error', error => { reject(new CommandError(command, argv, -1, error.message)) })
    child.on('close', code => {
      resolve({ code: code ?? -1, stdout: Buffer.concat(output.stdout).toString(), stderr: Buffer.concat(output.stderr).toString() })
    })
    child.stdin.on('error', () => {}) // a program may end without reading its input
    child.stdin.end(options.input ?? '')
  })
}

/** Runs to the end; a status other than 0 is an error. Returns stdout. */
export async function run(command: string, argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(command, argv, options)
  if (result.code !== 0) throw new CommandError(command, argv, result.code, result.stderr)
  return result.stdout
}
