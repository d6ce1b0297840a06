/** component list|kill|pause|resume|restart|swap|log-level|steer, inspect, logs, kubectl */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { stringify } from 'yaml'
import { findKubectl } from '../../labhost/lab/find-kubectl.ts'
import { withHost } from '../host-session.ts'
import { UsageError, print } from '../output.ts'
import { runProgram } from '../run-program.ts'
import { type WhatIfReply, whatIfText } from '../what-if-text.ts'
import { type LabOptions, aboutLab } from './command-parts.ts'
import { componentsText } from './lab-commands.ts'

interface LogOptions extends LabOptions {
  readonly follow?: boolean
  readonly tail: number
}

interface InspectOptions extends LabOptions {
  readonly filename?: string
  readonly count: number
}

interface SteerOptions extends LabOptions {
  readonly do: 'pause' | 'resume' | 'step'
}

interface SwapOptions extends LabOptions {
  readonly binary?: string
  readonly builtIn?: boolean
  readonly flag: Readonly<Record<string, string>>
}

export function addComponentCommands(program: Command): void {
  const component = program.command('component').description("list, kill, pause, resume, restart, swap or steer a lab's components")
  aboutLab(component.command('list'))
    .description('list components with their state')
    .action((options: LabOptions) =>
      withHost(async host => {
        const state = await host.call('labs/status', { lab: options.name })
        print(options.output, state.components, () => componentsText(state))
      }),
    )
  const verbs = { kill: 'end it at once (SIGKILL); it is started again', pause: 'stop its execution (SIGSTOP)', resume: 'let it go on (SIGCONT)', restart: 'end it cleanly; it is started again' } as const
  for (const [verb, description] of Object.entries(verbs) as [keyof typeof verbs, string][]) {
    aboutLab(component.command(`${verb} <component>`))
      .description(description)
      .action((name: string, options: LabOptions) =>
        withHost(async host => {
          await host.call(`components/${verb}`, { lab: options.name, component: name })
          print(options.output, { component: name, done: verb }, () => '')
        }),
      )
  }

  aboutLab(component.command('log-level <component> <level>'))
    .description('how much it logs (--v, 0 to 10), until it is started anew')
    .action((name: string, level: string, options: LabOptions) =>
      withHost(async host => {
        if (!/^(\d|10)$/.test(level)) throw new UsageError(`the level is a whole number from 0 to 10, not "${level}"`)
        await host.call('components/log-level', { lab: options.name, component: name, level: Number(level) })
        print(options.output, { component: name, level: Number(level) }, () => '')
      }),
    )
  aboutLab(component.command('steer <component> <controller>'))
    .description('hold one controller of a controller manager, let it go on, or let one key through while it is held')
    .addOption(new Option('--do <what>', 'what to do').choices(['pause', 'resume', 'step']).makeOptionMandatory())
    .action((name: string, controller: string, options: SteerOptions) =>
      withHost(async host => {
        await host.call('components/steer', { lab: options.name, component: name, controller, verb: options.do })
        print(options.output, { component: name, controller, done: options.do }, () => '')
      }),
    )

  aboutLab(component.command('swap <component>'))
    .description("put another program in a component's place, such as upstream's: it gets the same flags; or our own again")
    .option('--binary <file>', 'the program')
    .option('--built-in', 'our own')
    .option('--flag <name=value>', 'one more flag for the program; may be repeated', addFlag, {})
    .action((name: string, options: SwapOptions) =>
      withHost(async host => {
        if ((options.binary === undefined) === (options.builtIn !== true)) throw new UsageError('say either --binary FILE or --built-in')
        const swapped = options.binary === undefined ? null : { binary: resolve(options.binary), flags: options.flag }
        await host.call('components/swap', { lab: options.name, component: name, program: swapped })
        print(options.output, { component: name, program: swapped }, () => '')
      }),
    )

  aboutLab(program.command('inspect <component> [subject]'))
    .description('what a component knows; without a subject, what it can be asked. "inspect kube-scheduler what-if -f FILE" tells where the pods of a manifest would go')
    .option('-f, --filename <file>', 'for what-if: a manifest of pods, or of what makes them; "-" reads it from the standard input')
    .option('--count <times>', 'for what-if: each of the pods so often', readCount, 1)
    .action((name: string, subject: string | undefined, options: InspectOptions) =>
      withHost(async host => {
        if (subject === 'what-if') {
          if (name !== 'kube-scheduler') throw new UsageError('what-if is a question to kube-scheduler')
          const answer = await host.call('scheduler/what-if', { lab: options.name, manifest: readManifest(options.filename), count: options.count }) as WhatIfReply
          print(options.output, answer, () => whatIfText(answer))
          return
        }
        if (options.filename !== undefined) throw new UsageError('-f belongs to the subject what-if: kubarium inspect kube-scheduler what-if -f FILE')
        const known = await host.call('components/inspect', { lab: options.name, component: name, subject: subject ?? null })
        print(options.output, known, () => (typeof known === 'string' ? known : stringify(known)))
      }),
    )

  aboutLab(program.command('logs <source>'))
    .description('log of a component (etcd, kubelet@node-1), serial console of a node (node-1), or of the lab host (labhost)')
    .option('-f, --follow', 'go on as it is written')
    .option('--tail <lines>', 'how many of the last lines', readCount, 200)
    .action((source: string, options: LogOptions) =>
      withHost(async host => {
        for await (const { line } of host.follow('logs/follow', { lab: options.name, source, follow: options.follow === true, tail: options.tail })) {
          process.stdout.write(`${options.output === 'json' ? JSON.stringify({ line }) : line}\n`)
        }
      }),
    )

  program
    .command('kubectl [arguments...]')
    .description("run kubectl with the lab's kubeconfig: kubarium kubectl -- get pods")
    .option('--name <lab>', 'name of the lab', 'default')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (given: string[], options: { readonly name: string }) => {
      const { path } = await withHost(host => host.call('labs/kubeconfig', { lab: options.name }))
      await runProgram([findKubectl(process.env), ...given], { KUBECONFIG: path })
    })
}

function addFlag(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^(?:--)?([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.')
  return { ...before, [name]: value! }
}

function readCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 0) throw new InvalidArgumentError('It must be a whole number.')
  return count
}

function readManifest(file: string | undefined): string {
  if (file === undefined) throw new UsageError('what-if needs a manifest: -f FILE, or -f - for the standard input')
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`)
  }
}
