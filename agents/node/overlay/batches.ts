/**
 * Commands for `ip` and `bridge` as few processes: each program reads many commands from its standard input (-batch), and
 * starting a program costs an emulated machine half a second.
 *
 *   BA1  Commands keep their order; neighbours of the same program share a process.
 *   BA2  A batch ends at the first command that fails, and the failure is told by that command.
 *   BA3  Of several questions asked with -j, each answer is a line of its own.
 */
import type { Command } from './network-plan.ts'

export interface Batch {
  readonly program: Command['program']
  readonly commands: readonly Command[]
  /** What the program reads: a command a line. */
  readonly input: string
}

export function batchesOf(commands: readonly Command[]): Batch[] {
  const groups: Command[][] = []
  for (const command of commands) {
    const last = groups.at(-1)
    if (last?.[0]?.program === command.program) last.push(command)
    else groups.push([command])
  }
  return groups.map(group => ({ program: group[0]!.program, commands: group, input: renderLines(group.map(({ argv }) => argv)) })) // BA1
}

export function renderLines(commands: readonly (readonly string[])[]): string {
  return commands.map(argv => `${argv.join(' ')}\n`).join('')
}

/** Position of the command at which a batch ended, from what the program wrote to standard error (BA2). */
export function failedAt(stderr: string): number {
  const line = /Command failed -:(\d+)/.exec(stderr)
  return line === null ? 0 : Number(line[1]) - 1
}

/** BA3. An empty answer is an empty line or none at all. */
export function readAnswers(stdout: string, questions: number): string[] {
  const lines = stdout.split('\n')
  return Array.from({ length: questions }, (_, index) => lines[index] ?? '')
}
