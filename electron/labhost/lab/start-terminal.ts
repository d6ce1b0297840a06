/** Starts what a terminal was asked to show. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import type { TerminalTarget } from '../../contract/terminals.ts'
import { sshCommand } from '../terminals/ssh-command.ts'
import { linesOnTerminal, runOnTerminal, streamOnTerminal } from '../terminals/terminal-programs.ts'
import type { TerminalProgram } from '../terminals/terminals.ts'
import { writePrivateFile } from '../files/private-files.ts'
import { shellStartFile } from '../terminals/shell-start-file.ts'
import { list, readArguments, text } from './arguments.ts'
import { findKubectl } from './find-kubectl.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'

const bash = '/bin/bash'

export function readTerminalTarget(given: unknown): TerminalTarget {
  const type = (given as { type?: unknown } | null)?.type
  switch (type) {
    case 'kubectl':
      readArguments(given, { type: text })
      return { type }
    case 'ssh':
    case 'console':
      return { type, node: readArguments(given, { type: text, node: text }).node }
    case 'log':
      return { type, source: readArguments(given, { type: text, source: text }).source }
    case 'exec': {
      const { namespace, pod, container, command } = readArguments(given, { type: text, namespace: text, pod: text, container: text, command: list(text) })
      return { type, namespace, pod, container, command }
    }
    default:
      throw new LabError('invalid-argument', 'a terminal is of type kubectl, ssh, console, log or exec')
  }
}

export interface TerminalStart {
  readonly columns: number
  readonly rows: number
  /** Lines of a component's or node's log: the last ones, then what comes. */
  readonly followLog: (source: string, signal: AbortSignal) => AsyncIterable<{ readonly line: string }>
}

export async function startTerminal(lab: Lab, target: TerminalTarget, { columns, rows, followLog }: TerminalStart): Promise<TerminalProgram> {
  const local = (command: readonly string[], environment: Readonly<Record<string, string>> = {}): TerminalProgram => runOnTerminal({ command, environment, folder: homedir(), columns, rows })
  const kubeconfig = (): Readonly<Record<string, string>> => ({ KUBECONFIG: lab.kubeconfig().path })
  switch (target.type) {
    case 'kubectl':
      return existsSync(bash) ? local(kubectlShell(lab, kubeconfig()['KUBECONFIG']!)) : local(['/bin/sh', '-i'], { ...kubeconfig(), PS1: `${lab.name}$ ` })
    case 'log':
      return linesOnTerminal(signal => followLog(target.source, signal))
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

/** Its start file and its history are the lab's; the user's own are read and never written. */
function kubectlShell(lab: Lab, kubeconfig: string): readonly string[] {
  const startFile = lab.files.run('kubectl-shell.rc')
  writePrivateFile(startFile, shellStartFile({ lab: lab.name, kubeconfig, kubectl: findKubectl(process.env), history: lab.files.shellHistory }))
  return [bash, '--rcfile', startFile, '-i']
}

function requireName(pod: string): string {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(pod)) throw new LabError('invalid-argument', `${JSON.stringify(pod)} is not the name of a pod`)
  return pod
}
