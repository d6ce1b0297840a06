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
    onExit: listener => { pty.onExit(({ exitCode }) => { listener(exitCode) }) },
    end: () => {
      try {
        pty.kill('SIGHUP')
      } catch {
        // it has ended by itself
      }
    },
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
