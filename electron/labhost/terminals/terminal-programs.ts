/** What can stand behind a terminal: a program on a pseudo-terminal of this machine, or a byte stream. */
import { StringDecoder } from 'node:string_decoder'
import type { Duplex } from 'node:stream'
import { spawn } from '@lydell/node-pty'
import type { TerminalProgram } from './terminals.ts'

export interface LocalProgram {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  readonly columns: number
  readonly rows: number
}

export function runOnTerminal(program: LocalProgram): TerminalProgram {
  const [file, ...args] = program.command
  const pty = spawn(file!, args, { name: 'xterm-256color', cols: program.columns, rows: program.rows, cwd: program.folder, env: { ...process.env, ...program.environment, TERM: 'xterm-256color' } as Record<string, string> })
  return {
    write: data => { pty.write(data) },
    resize: (columns, rows) => { pty.resize(columns, rows) },
    onData: listener => { pty.onData(listener) },
    onExit: listener => { pty.onExit(({ exitCode, signal }) => { listener(exitStatus(exitCode, signal)) }) },
    end: () => {
      try {
        pty.kill('SIGHUP')
      } catch {
        // it has ended by itself
      }
    },
  }
}

/** As shells have it: a program that a signal ended has no status of its own. */
function exitStatus(exitCode: number, signal: number | undefined): number {
  return signal === undefined || signal === 0 ? exitCode : 128 + signal
}

/** Lines that come by themselves; nothing can be typed. An error of their source is the last line. */
export function linesOnTerminal(follow: (signal: AbortSignal) => AsyncIterable<{ readonly line: string }>): TerminalProgram {
  const ending = new AbortController()
  const tellers = { data: [] as ((data: string) => void)[], exit: [] as ((exitCode: number) => void)[] }
  const say = (data: string): void => { tellers.data.forEach(tell => { tell(data) }) }
  const exit = (code: number): void => { tellers.exit.forEach(tell => { tell(code) }) }
  const read = async (): Promise<void> => {
    for await (const { line } of follow(ending.signal)) say(`${line}\r\n`)
  }
  setImmediate(() => { // whoever asked listens first
    read().then(() => { exit(0) }, (error: unknown) => {
      say(`${error instanceof Error ? error.message : String(error)}\r\n`)
      exit(1)
    })
  })
  return {
    write: () => {},
    resize: () => {},
    onData: listener => { tellers.data.push(listener) },
    onExit: listener => { tellers.exit.push(listener) },
    end: () => { ending.abort() },
  }
}

/** A serial console has no size and no exit status; the end of the stream is the end. */
export function streamOnTerminal(stream: Duplex): TerminalProgram {
  const decoder = new StringDecoder('utf8')
  return {
    write: data => { stream.write(data) },
    resize: () => {},
    onData: listener => { stream.on('data', (chunk: Buffer) => { listener(decoder.write(chunk)) }) },
    onExit: listener => {
      stream.on('error', () => {})
      stream.on('close', () => { listener(0) })
    },
    end: () => { stream.destroy() },
  }
}
