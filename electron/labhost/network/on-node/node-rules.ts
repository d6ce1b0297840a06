/**
 * What is wrong with links, done by the kernel of a node: for nodes whose frames do not pass the lab's switch. Pure.
 *
 *   NR1  A link is done at its receiver, where its sender is known by its MAC, broadcasts too; `a:*` at the sender, and a link to a
 *        machine of the switch as well.
 *   NR2  nftables does what stops a packet: down, block, loss at random and every nth. Rules stand in a table of their own, written
 *        as a whole.
 *   NR3  What holds or changes packets (delay, duplicate, corrupt, reorder, rate, loss in bursts) is sch_netem's, on everything that
 *        the node sends (`a:*`), once a node.
 *   NR4  What neither can do is refused by name.
 */
import type { DropCause, LinkImpairments, LinkName } from '../../../contract/links.ts'
import { anyPort } from '../impairments/impaired-lan.ts'
import { type NftChain, nftChains } from './nft-chains.ts'

export interface NodeLayer {
  readonly owner: string
  readonly link: LinkName
  readonly impairments: LinkImpairments
}

export interface NodeOnLan {
  readonly name: string
  readonly mac: string
  /** Its frames do not pass the switch. */
  readonly isOwnKernel: boolean
}

export const nodeTable = 'netdev kubarium_links'
export const nodeCard = 'lan0'
const netemParameters = ['delay', 'duplicatePercent', 'corruptPercent', 'reorderPercent', 'rate'] as const

/** Why this cannot be done on a node; null if it can be tried. */
export function problemOnNode(link: LinkName, impairments: LinkImpairments): string | null { // NR4
  if (impairments.flap !== undefined) return 'a link of a node\'s own kernel cannot flap: its rules know no time'
  if (impairments.mtuBytes !== undefined) return 'an MTU black hole cannot be made by a node\'s own kernel: it hands on packets that are larger than frames'
  if (impairments.loss?.model === 'random' && (impairments.loss.correlationPercent ?? 0) > 0) return 'loss with a correlation cannot be had from a node\'s own kernel; loss in bursts can be, where it has sch_netem'
  const held = needsNetem(impairments)
  if (held !== null && (link.to !== anyPort || link.from === anyPort)) return `${held} on a node is of everything that it sends: take the link ${link.from === anyPort ? 'NODE' : link.from}:*`
  return null
}

/** Names of nodes that have something to do for this link. */
export function doersOf(link: LinkName, nodes: readonly NodeOnLan[]): readonly string[] { // NR1
  const own = nodes.filter(({ isOwnKernel }) => isOwnKernel)
  if (link.to === anyPort) return own.filter(({ name }) => link.from === anyPort || link.from === name).map(({ name }) => name)
  if (own.some(({ name }) => name === link.to)) return [link.to]
  return own.filter(({ name }) => link.from === name).map(({ name }) => name)
}

/** The whole table of a node, for `nft -f -`; what was there goes. */
export function nodeRules(name: string, layers: readonly NodeLayer[], nodes: readonly NodeOnLan[]): string {
  const mine = layers.filter(({ link }) => doersOf(link, nodes).includes(name))
  const anew = `add table ${nodeTable}\ndelete table ${nodeTable}\n`
  if (mine.length === 0) return anew
  const blocks: NftChain[] = []
  const chain = (hook: 'ingress' | 'egress', wanted: boolean): string => {
    const rules = mine.flatMap((layer, index) => (isAtReceiver(layer.link, name) === wanted ? rulesOf(layer, index, nodes, blocks) : []))
    return `  chain ${hook} {\n    type filter hook ${hook} device "${nodeCard}" priority -300; policy accept;\n${rules.map(rule => `    ${rule}\n`).join('')}  }\n`
  }
  const base = `${chain('ingress', true)}${chain('egress', false)}`
  const behind = blocks.toReversed().map(({ name: called, rules }) => `  chain ${called} {\n${rules.map(rule => `    ${rule}\n`).join('')}  }\n`) // a chain stands before whoever jumps to it
  return `${anew}table ${nodeTable} {\n${behind.join('')}${base}}\n`
}

/** Layers of a node in the order of the numbers in its rules' comments. */
export function layersOf(name: string, layers: readonly NodeLayer[], nodes: readonly NodeOnLan[]): readonly NodeLayer[] {
  return layers.filter(({ link }) => doersOf(link, nodes).includes(name))
}

/** Arguments of `tc qdisc replace dev lan0 root netem`, where the layer asks for what netem does. */
export function netemArguments({ delay, duplicatePercent, corruptPercent, reorderPercent, rate, loss }: LinkImpairments): readonly string[] | null {
  const words: string[] = []
  if (delay !== undefined) {
    words.push('delay', `${delay.ms}ms`)
    if (delay.jitterMs !== undefined) words.push(`${delay.jitterMs}ms`, ...(delay.correlationPercent === undefined ? [] : [`${delay.correlationPercent}%`]))
    if (delay.jitterMs !== undefined && delay.distribution !== undefined && delay.distribution !== 'uniform') words.push('distribution', delay.distribution === 'pareto-normal' ? 'paretonormal' : delay.distribution)
  }
  if (loss?.model === 'gilbert-elliott') words.push('loss', 'gemodel', `${loss.toBadPercent}%`, `${loss.toGoodPercent}%`, `${loss.lossInBadPercent}%`, `${loss.lossInGoodPercent}%`)
  if (duplicatePercent !== undefined) words.push('duplicate', `${duplicatePercent}%`)
  if (corruptPercent !== undefined) words.push('corrupt', `${corruptPercent}%`)
  if (reorderPercent !== undefined && delay !== undefined) words.push('reorder', `${reorderPercent}%`)
  if (rate !== undefined) words.push('rate', `${Math.round(rate.megabitsPerSecond * 1_000)}kbit`)
  return words.length === 0 ? null : words
}

function needsNetem(impairments: LinkImpairments): string | null {
  if (impairments.loss?.model === 'gilbert-elliott') return 'loss in bursts'
  return netemParameters.find(name => impairments[name] !== undefined)?.replace('Percent', '') ?? null
}

function isAtReceiver({ to }: LinkName, name: string): boolean {
  return to === name
}

function rulesOf({ link, impairments }: NodeLayer, index: number, nodes: readonly NodeOnLan[], blocks: NftChain[]): readonly string[] {
  const atReceiver = nodes.some(({ name, isOwnKernel }) => name === link.to && isOwnKernel)
  const other = atReceiver ? link.from : link.to
  const peer = nodes.find(({ name }) => name === other)
  const which = peer === undefined ? '' : `ether ${atReceiver ? 'saddr' : 'daddr'} ${peer.mac} `
  const drop = (cause: DropCause): string => `counter drop comment "${index} ${cause}"`
  const rule = (match: string, cause: DropCause): string => `${which}${match}${drop(cause)}`
  const { down, block, loss } = impairments
  const chains = block === undefined ? [] : nftChains(block, `block_${index}`, drop('block'))
  blocks.push(...chains)
  return [
    ...(down === true ? [rule('', 'down')] : []),
    ...(chains.length === 0 ? [] : [`${which}jump ${chains[0]!.name}`]),
    ...(loss?.model === 'random' ? [rule(loss.percent >= 99.995 ? '' : `numgen random mod 10000 < ${Math.round(loss.percent * 100)} `, 'loss')] : []), // nft refuses a number that is never reached
    ...(loss?.model === 'every' ? [rule(`numgen inc mod ${loss.nth} ${loss.nth - 1} `, 'loss')] : []),
    `${which}counter comment "${index} passed"`,
  ]
}

/** What the counters of a node's table say, of `nft -j list table`: by number of the layer and what became of the packets. */
export function readNodeCounters(json: string): ReadonlyMap<string, number> {
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly { readonly rule?: { readonly comment?: string; readonly expr: readonly { readonly counter?: { readonly packets: number } }[] } }[] }
  const counters = new Map<string, number>()
  for (const { rule } of nftables) {
    const packets = rule?.expr.find(({ counter }) => counter !== undefined)?.counter?.packets
    if (rule?.comment !== undefined && packets !== undefined) counters.set(rule.comment, (counters.get(rule.comment) ?? 0) + packets)
  }
  return counters
}
