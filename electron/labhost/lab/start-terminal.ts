/** Starts what a terminal was asked to show. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import type { TerminalTarget } from '../../contract/terminals.ts'
import { sshCommand } from '../terminals/ssh-command.ts'
import { runOnTerminal, streamOnTerminal } from '../terminals/terminal-programs.ts'
import type { TerminalProgram } from '../terminals/terminals.ts'
import { list, readArguments, text } from './arguments.ts'
import { findKubectl } from './find-kubectl.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'

export function readTerminalTarget(given: unknown): TerminalTarget {
  const type = (given as { type?: unknown } | null)?.type
  switch (type) {
    case 'kubectl':
      readArguments(given, { type: text })
      return { type }
    case 'ssh':
    case 'console':
      return { type, node: readArguments(given, { type: text, node: text }).node }
    case 'exec': {
      const { namespace, pod, container, command } = readArguments(given, { type: text, namespace: text, pod: text, container: text, command: list(text) })
      return { type, namespace, pod, container, command }
    }
    default:
      throw new LabError('invalid-argument', 'a terminal is of type kubectl, ssh, console or exec')
  }
}

export async function startTerminal(lab: Lab, target: TerminalTarget, columns: number, rows: number): Promise<TerminalProgram> {
  const local = (command: readonly string[], environment: Readonly<Record<string, string>> = {}): TerminalProgram => runOnTerminal({ command, environment, folder: homedir(), columns, rows })
  const kubeconfig = (): Readonly<Record<string, string>> => ({ KUBECONFIG: lab.kubeconfig().path })
  switch (target.type) {
    case 'kubectl':
      return local([findShell(), '-i'], { ...kubeconfig(), PS1: `${lab.name}$ ` })
    case 'ssh':
      return local(sshCommand(lab.node(target.node).machine().sshTarget(), ['-t']))
    case 'console': {
      const serial = lab.node(target.node).machine().console()
      if (serial === null) throw new LabError('unsupported', `${target.node} is not a virtual machine and has no serial console; use a shell on it instead`)
      return streamOnTerminal(await serial.open())
    }
    case 'exec':
      // After `--` and with `=` nothing a page sends can be taken for another option.
      return local([findKubectl(process.env), 'exec', '-it', `--namespace=${target.namespace}`, `--container=${target.container}`, requireName(target.pod), '--', ...(target.command.length === 0 ? ['sh'] : target.command)], kubeconfig())
  }
}

function findShell(): string {
  return ['/bin/bash', '/bin/sh'].find(file => existsSync(file)) ?? 'sh'
}

function requireName(pod: string): string {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(pod)) throw new LabError('invalid-argument', `${JSON.stringify(pod)} is not the name of a pod`)
  return pod
}
