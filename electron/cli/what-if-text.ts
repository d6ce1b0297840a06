/** Where imagined pods would go, for people: a table, and below it what would let in those that fit nowhere. */
import { renderTable } from './output.ts'

/** What the scheduler answers. */
export interface WhatIfReply {
  readonly pods: number
  readonly placed: number
  /** Objects of the manifest that make no pods, as kind/name. */
  readonly leftOut?: readonly string[]
  readonly answers: readonly WhatIfPod[]
}

export interface WhatIfPod {
  readonly pod: string
  readonly node: string | null
  readonly message: string
  readonly preemption: { readonly node: string; readonly victims: readonly string[]; readonly budgetViolations: number } | null
  /** By plugin, what would turn its rejection round. */
  readonly cures: readonly { readonly plugin: string; readonly nodes: number; readonly reasons: readonly string[]; readonly cures: readonly WhatIfCure[] }[]
}

/** `kind` says which fields it has besides; one that is not known here is shown as it is. */
export interface WhatIfCure {
  readonly kind: string
  readonly [field: string]: unknown
}

/** Pods made from one template mostly fail alike: they are explained once. */
export function whatIfText({ answers, placed, pods, leftOut = [] }: WhatIfReply): string {
  const table = renderTable(['POD', 'NODE'], answers.map(({ pod, node }) => [pod, node ?? '-']))
  const explained = [...Map.groupBy(answers.filter(({ node }) => node === null), answer => JSON.stringify([answer.message, answer.cures, answer.preemption])).values()]
  const lines = [
    table,
    '',
    `${placed} of ${pods} would be placed`,
    ...(leftOut.length === 0 ? [] : [`left out, because they make no pods: ${leftOut.join(', ')}`]),
    ...explained.flatMap(alike => ['', ...explanation(alike)]),
  ]
  return lines.join('\n')
}

function explanation(alike: readonly WhatIfPod[]): string[] {
  const { pod, message, preemption, cures } = alike[0]!
  return [
    `${pod}${alike.length === 1 ? '' : ` and ${alike.length - 1} more`}: ${message}`,
    ...(preemption === null ? [] : [`  preemption would make room on ${preemption.node} by evicting ${preemption.victims.join(', ')}${preemption.budgetViolations === 0 ? '' : ` (${preemption.budgetViolations} against a disruption budget)`}`]),
    ...cures.flatMap(({ plugin, nodes, cures: ways }) => [`  ${plugin} rejects ${nodes} node${nodes === 1 ? '' : 's'}; it would not`, ...new Set(ways.map(way => `    ${cureText(way)}`))]),
  ]
}

function cureText(cure: WhatIfCure): string {
  const on = cure['node'] === undefined ? '' : ` on ${text(cure['node'])}`
  switch (cure.kind) {
    case 'free-resource': return `with ${text(cure['amount'])} more ${text(cure['resource'])} free${on}`
    case 'larger-node': return `with a node larger than ${text(cure['node'])} by ${text(cure['amount'])} of ${text(cure['resource'])}`
    case 'toleration': return `if the pod tolerated ${taintText(cure['taint'] as Taint)}${on}`
    case 'uncordon': return `if ${text(cure['node'])} were uncordoned`
    case 'node-label': return `if ${text(cure['node'])} had the label ${text(cure['key'])} ${text(cure['operator'])} ${text(cure['values'])}`.trimEnd()
    case 'free-port': return `with port ${text(cure['port'])}/${text(cure['protocol'])} free${on}`
    case 'pod-in-domain': return `with a pod ${text(cure['selector'])} in the ${text(cure['topologyKey'])} of ${text(cure['node'])}`
    case 'no-pod-in-domain': return `without a pod ${text(cure['selector'])} in the ${text(cure['topologyKey'])} of ${text(cure['node'])}`
    case 'skew': return `with ${text(cure['fewerPods'])} fewer pods in the ${text(cure['topologyKey'])} of ${text(cure['node'])}`
    default: return cure['text'] === undefined ? JSON.stringify(cure) : `if this were cured${on}: ${text(cure['text'])}`
  }
}

interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

function taintText({ key, value, effect }: Taint): string {
  return `${key}${value === undefined || value === '' ? '' : `=${value}`}:${effect}`
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}
