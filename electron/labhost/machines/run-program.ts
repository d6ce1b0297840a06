import { execFile } from 'node:child_process'
import { MachineError } from './machine-error.ts'

export interface ProgramOptions {
  readonly directory?: string
  readonly timeoutMs?: number
  readonly input?: string
}

/** Runs a program of the desktop with an argument array, never through a shell. Rejects with its own words when it fails. */
export function runProgram(program: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], { cwd: options.directory, timeout: options.timeoutMs ?? 30_000, maxBuffer: 16 * 1024 * 1024, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout)
        return
      }
      const code = (error as NodeJS.ErrnoException).code
      reject(new MachineError(code === 'ENOENT' ? 'HostNotReady' : 'StartFailed', code === 'ENOENT'
        ? `the program ${program} is not installed`
        : `${program} ${args.slice(0, 3).join(' ')} failed: ${(stderr || stdout).trim() || error.message}`, { cause: error }))
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}
