/** fault kinds|inject|preview|heal|list */
import type { Command } from 'commander'
import { readDuration } from '../../../agents/base/duration.ts'
import { targetText } from '../../contract/fault-target-text.ts'
import type { FaultKind, FaultReach, FaultState, FaultTarget } from '../../contract/faults.ts'
import { FaultError } from '../../labhost/drills/fault-error.ts'
import { readTargetText } from '../../labhost/drills/read-target.ts'
import type { ContractClient } from '../contract-client.ts'
import { withHost } from '../host-session.ts'
import { UsageError, print, renderTable } from '../output.ts'
import { type LabOptions, aboutLab, withOutput } from './command-parts.ts'
import { linkHelp } from './read-link.ts'

interface InjectOptions extends LabOptions {
  readonly for?: string
  readonly set?: readonly string[]
  readonly both?: boolean
}

export function addFaultCommands(program: Command): void {
  const fault = program.command('fault').description('break something on purpose, and heal it')
  withOutput(fault.command('kinds [name]'))
    .description('what can be broken, and with which parameters')
    .action((name: string | undefined, options: Pick<LabOptions, 'output'>) =>
      withHost(async host => {
        const kinds = (await host.call('faults/kinds', {})).filter(kind => name === undefined || kind.name === name)
        if (kinds.length === 0) throw new Error(`there is no fault "${name}"; \`kubarium fault kinds\` lists them`)
        print(options.output, kinds, () => (name === undefined ? kindsText(kinds) : kindText(kinds[0]!)))
      }),
    )

  aboutLab(fault.command('inject <kind> [target]'))
    .description(`break it. A target is a component (etcd, kubelet@node-1), a node, an object (NAMESPACE/NAME) or a link: ${linkHelp}`)
    .option('--for <duration>', 'heal after so long: 500ms, 30s, 5m, 2h; without it lasts until it is healed or the lab stops')
    .option('--set <name=value...>', 'parameters')
    .option('--both', 'of a link, both directions')
    .action((name: string, target: string | undefined, options: InjectOptions) =>
      withHost(async host => {
        const kind = await kindNamed(host, name)
        const injected = await host.call('faults/inject', {
          lab: options.name,
          kind: name,
          target: readFaultTarget(kind, target, options.both === true),
          parameters: Object.fromEntries((options.set ?? []).map(readSetting)),
          durationMs: options.for === undefined ? null : durationOf(options.for),
        })
        print(options.output, injected, () => `${injected.id}: ${kind.effect}\nTo be seen: ${kind.evidence}${kind.lasts ? `\nIt heals ${injected.endsAt === null ? '' : `at ${injected.endsAt}, or `}with: kubarium fault heal ${injected.id}` : ''}`)
      }),
    )

  aboutLab(fault.command('preview <kind> [target]'))
    .description('which nodes, pods and Services it would concern now; nothing is broken')
    .option('--both', 'of a link, both directions')
    .action((name: string, target: string | undefined, options: InjectOptions) =>
      withHost(async host => {
        const kind = await kindNamed(host, name)
        const reach = await host.call('faults/preview', { lab: options.name, kind: name, target: readFaultTarget(kind, target, options.both === true) })
        print(options.output, reach, () => reachText(reach))
      }),
    )

  aboutLab(fault.command('heal [id]'))
    .description('heal a fault; without an id, all of them')
    .action((id: string | undefined, options: LabOptions) =>
      withHost(async host => {
        const healed = await host.call('faults/heal', { lab: options.name, id: id ?? null })
        print(options.output, healed, () => (healed.length === 0 ? 'Nothing is broken on purpose.' : faultsText(healed)))
        const left = healed.filter(({ phase }) => phase !== 'over')
        if (left.length > 0) throw new Error(`not healed yet, and tried again: ${left.map(one => `${one.id} (${one.problem})`).join(', ')}`)
      }),
    )

  aboutLab(fault.command('list'))
    .description('what is broken on purpose, and what was')
    .action((options: LabOptions) =>
      withHost(async host => {
        const states = await host.call('faults/list', { lab: options.name })
        print(options.output, states, () => (states.length === 0 ? 'Nothing was broken on purpose.' : faultsText(states)))
      }),
    )
}

async function kindNamed(host: ContractClient, name: string): Promise<FaultKind> {
  const kind = (await host.call('faults/kinds', {})).find(candidate => candidate.name === name)
  if (kind === undefined) throw new UsageError(`there is no fault "${name}"; \`kubarium fault kinds\` lists them`)
  return kind
}

/** Lines about what is concerned, of a fault or a drill. */
export function reachText({ nodes, pods, services }: FaultReach): string {
  return [`Nodes: ${nodes.join(', ') || 'none'}`, `Pods: ${pods.join(', ') || 'none'}`, `Services: ${services.join(', ') || 'none'}`].join('\n')
}

export function readFaultTarget(kind: FaultKind, text: string | undefined, bothWays: boolean): FaultTarget {
  if (text === undefined) throw new UsageError(`${kind.name} is aimed at a ${kind.resource ?? kind.target}: say which`)
  try {
    return readTargetText(kind, text, { bothWays, namespace: 'default' })
  } catch (error) {
    throw error instanceof FaultError ? new UsageError(error.message) : error
  }
}

function durationOf(text: string): number {
  const ms = readDuration(text)
  if (ms === undefined) throw new UsageError(`"${text}" is not a duration; write 500ms, 30s, 5m or 2h`)
  return ms
}

function readSetting(text: string): readonly [string, string | number] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`"${text}" is no parameter; write NAME=VALUE`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function kindsText(kinds: readonly FaultKind[]): string {
  return renderTable(['FAULT', 'GROUP', 'AIMED AT', 'PARAMETERS', 'EFFECT'], kinds.toSorted((a, b) => (a.group === b.group ? a.name.localeCompare(b.name) : a.group.localeCompare(b.group))).map(kind => [kind.name, kind.group, kind.resource ?? kind.target, kind.parameters.map(({ name }) => name).join(' ') || '-', kind.effect]))
}

function kindText(kind: FaultKind): string {
  const parameters = kind.parameters.map(parameter => {
    const range = parameter.type === 'number' ? `${parameter.least} to ${parameter.most} ${parameter.unit}`.trim() : parameter.type === 'choice' ? parameter.choices.join(', ') : 'text'
    return `  ${parameter.name}: ${range}; ${String(parameter.default)} where it is not given`
  })
  return [`${kind.name}, aimed at a ${kind.resource ?? kind.target}${kind.providers === null ? '' : ` (${kind.providers.join(', ')})`}`, '', kind.effect, kind.evidence, kind.healing, ...(parameters.length > 0 ? ['', 'Parameters:', ...parameters] : [])].join('\n')
}

function faultsText(states: readonly FaultState[]): string {
  return renderTable(['ID', 'FAULT', 'TARGET', 'PHASE', 'SINCE', 'UNTIL', 'PROBLEM'], states.map(state => [state.id, state.kind, targetText(state.target), state.end === null ? state.phase : `${state.phase} (${state.end})`, state.startedAt, state.healedAt ?? state.endsAt ?? '-', state.problem ?? '']))
}
