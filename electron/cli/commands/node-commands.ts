/** node add|remove|start|stop|power-off|reset, ssh, console, forward */
import { type Command, Option } from 'commander'
import type { NodeSpec, Provider } from '../../contract/labs.ts'
import { labDefaults } from '../../labhost/lab/lab-spec.ts'
import { simulatedDefaults } from '../../labhost/lab/simulated-group.ts'
import { cautiousCpus } from '../../labhost/lab/usual-cpus.ts'
import { sshCommand } from '../../labhost/terminals/ssh-command.ts'
import { followAction, withHost } from '../host-session.ts'
import { UsageError, print } from '../output.ts'
import { attachTerminal } from '../attach-terminal.ts'
import { runProgram } from '../run-program.ts'
import { usualMachine } from '../usual-machine.ts'
import { type LabOptions, aboutLab } from './command-parts.ts'

interface AddOptions extends LabOptions {
  readonly provider?: Provider
  readonly cpus?: string
  readonly memory?: string
}

interface ForwardOptions extends LabOptions {
  readonly local?: string
  readonly address?: string
}

export function addNodeCommands(program: Command): void {
  const node = program.command('node').description("add, remove, start, stop, power-off or reset a lab's workers")
  aboutLab(node.command('add <node>'))
    .description('add a worker and wait until it is Ready')
    .addOption(new Option('--provider <provider>', 'what it runs on').choices(['qemu', 'multipass', 'ssh', 'namespace', 'simulated']))
    .option('--cpus <count>', `virtual processors (default: with qemu, what doctor says; with namespace, ${cautiousCpus('namespace')}; of a simulated node, ${simulatedDefaults.cpus})`)
    .option('--memory <MiB>', `memory in MiB (default: ${labDefaults.memoryMiB}; of a simulated node: ${simulatedDefaults.memoryMiB})`)
    .action((name: string, options: AddOptions) =>
      withHost(async host => {
        const state = await host.call('labs/status', { lab: options.name })
        const provider = options.provider ?? state.spec.nodes[0]?.provider ?? labDefaults.provider
        const usual = provider === 'simulated' ? simulatedDefaults : { cpus: (await usualMachine()).cpus(provider), memoryMiB: labDefaults.memoryMiB }
        const spec: NodeSpec = { name, provider, cpus: Number(options.cpus ?? usual.cpus), memoryMiB: Number(options.memory ?? usual.memoryMiB) }
        const { action } = await host.call('nodes/add', { lab: options.name, node: spec })
        await followAction(host, action)
        print(options.output, spec, () => '')
      }),
    )
  const verbs = {
    'remove': 'remove a worker and its machine',
    'start': 'start a worker and wait until it is Ready',
    'stop': 'shut a worker down cleanly',
    'power-off': 'pull the plug of a worker',
    'reset': 'press the reset button of a worker',
  } as const
  for (const [verb, description] of Object.entries(verbs) as [keyof typeof verbs, string][]) {
    aboutLab(node.command(`${verb} <node>`))
      .description(description)
      .action((name: string, options: LabOptions) =>
        withHost(async host => {
          const { action } = await host.call(`nodes/${verb}`, { lab: options.name, node: name })
          await followAction(host, action)
          print(options.output, { node: name, done: verb }, () => '')
        }),
      )
  }

  aboutLab(program.command('ssh <node> [command...]'))
    .description('open a shell on a worker, or run a command there: kubarium ssh node-1 -- uname -r')
    .action(async (name: string, command: string[], options: LabOptions) => {
      const target = await withHost(host => host.call('nodes/ssh-target', { lab: options.name, node: name }))
      const interactive = command.length === 0 && process.stdin.isTTY === true
      await runProgram([...sshCommand(target, interactive ? ['-t'] : []), ...command.map(quotedForShell)], {})
    })

  aboutLab(program.command('console <node>'))
    .description('attach to the serial console of a virtual machine; leave with Ctrl-]')
    .action((name: string, options: LabOptions) => withHost(host => attachTerminal(host, options.name, { type: 'console', node: name })))

  aboutLab(program.command('forward <node> <port>'))
    .description('publish a TCP port of a node on 127.0.0.1 until interrupted')
    .option('--local <port>', 'local port; a free one if not given')
    .option('--address <ip>', 'dial this pod, Service or node address from the node instead of the node itself')
    .action((name: string, port: string, options: ForwardOptions) =>
      withHost(async host => {
        const forward = await host.call('forwards/open', { lab: options.name, node: name, address: options.address ?? null, port: readPort(port), localPort: options.local === undefined ? null : readPort(options.local) })
        print(options.output, forward, () => `127.0.0.1:${forward.localPort} leads to ${options.address ?? name}:${port}; end with Ctrl-C`)
        await new Promise<void>(resolve => {
          process.once('SIGINT', () => { resolve() })
          process.once('SIGTERM', () => { resolve() })
        })
        await host.call('forwards/close', { id: forward.id })
      }),
    )
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new UsageError(`"${text}" is not a port`)
}

/** ssh joins its words with spaces and gives them to the remote shell; a single word is left as the user wrote it. */
function quotedForShell(word: string, _index: number, words: readonly string[]): string {
  return words.length === 1 || /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
