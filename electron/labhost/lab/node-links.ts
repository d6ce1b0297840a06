/**
 * Links of machines whose frames do not pass the lab's switch: what is wrong with them, done by the kernels of the nodes
 * (network/on-node/node-rules.ts says how).
 *
 *   ND1  A node's rules are written as a whole whenever one of its links changes, and again when the machine has started anew.
 *   ND3  A lab host that starts writes the rules of all nodes, so that none stays that an earlier one has left.
 *   ND2  What a kernel refuses is refused with its own words, and nothing has changed.
 */
import { type DropCause, type LinkImpairments, type LinkName, type LinkState, dropCauses } from '../../contract/links.ts'
import { type NodeLayer, type NodeOnLan, doersOf, layersOf, netemArguments, nodeCard, nodeRules, nodeTable, problemOnNode, readNodeCounters } from '../network/on-node/node-rules.ts'
import type { CommandResult } from '../provision/collect.ts'
import { LabError } from './lab-error.ts'

/** How a command is run on a node; throws a reason for the user where it cannot be. */
export type RunOnNode = (node: string, argv: readonly string[], stdin?: string) => Promise<CommandResult>

export class NodeLinks {
  readonly #nodes: () => readonly NodeOnLan[]
  readonly #run: RunOnNode
  #layers: readonly NodeLayer[] = []
  /** Nodes that have netem on their card because of us. */
  readonly #held = new Set<string>()
  #turn: Promise<void> = Promise.resolve()

  constructor(nodes: () => readonly NodeOnLan[], run: RunOnNode) {
    this.#nodes = nodes
    this.#run = run
  }

  impairmentsOf(owner: string, link: LinkName): LinkImpairments {
    return this.#layers.find(layer => isSame(layer, owner, link))?.impairments ?? {}
  }

  /** Whether nodes do something for this link. */
  isDone(link: LinkName): boolean {
    return doersOf(link, this.#nodes()).length > 0
  }

  /** null takes them away. */
  async impair(owner: string, link: LinkName, impairments: LinkImpairments | null): Promise<void> {
    const problem = impairments === null ? null : problemOnNode(link, impairments)
    if (problem !== null) throw new LabError('unsupported', problem)
    await this.#inTurn(async () => {
      const others = this.#layers.filter(layer => !isSame(layer, owner, link))
      await this.#become(impairments === null ? others : [...others, { owner, link, impairments }], doersOf(link, this.#nodes()))
    })
  }

  async clear(owner: string): Promise<void> {
    await this.#inTurn(async () => {
      const mine = this.#layers.filter(layer => layer.owner === owner)
      await this.#become(this.#layers.filter(layer => layer.owner !== owner), [...new Set(mine.flatMap(({ link }) => doersOf(link, this.#nodes())))])
    })
  }

  /** ND1: for a machine that has started. */
  async startedAnew(node: string): Promise<void> {
    this.#held.delete(node)
    await this.#inTurn(async () => { if (layersOf(node, this.#layers, this.#nodes()).length > 0) await this.#apply(node, this.#layers) })
  }

  /** ND3 */
  async writeAll(): Promise<void> {
    await this.#inTurn(async () => { for (const { name } of this.#nodes().filter(({ isOwnKernel }) => isOwnKernel)) await this.#apply(name, this.#layers) })
  }

  async states(): Promise<readonly LinkState[]> {
    const counters = new Map<string, ReadonlyMap<string, number>>()
    for (const node of new Set(this.#layers.flatMap(({ link }) => doersOf(link, this.#nodes())))) {
      const listed = await this.#run(node, ['nft', '-j', 'list', 'table', ...nodeTable.split(' ')]).catch(() => null) // a node that does not answer has counted what it has counted
      if (listed?.code === 0) counters.set(node, readNodeCounters(listed.stdout))
    }
    return this.#layers.map(({ owner, link, impairments }) => {
      const count = (what: string): number => doersOf(link, this.#nodes()).reduce((sum, node) => sum + (counters.get(node)?.get(`${layersOf(node, this.#layers, this.#nodes()).findIndex(layer => isSame(layer, owner, link))} ${what}`) ?? 0), 0)
      const dropped = Object.fromEntries(dropCauses.map(cause => [cause, count(cause)])) as Record<DropCause, number>
      return { link, owner, impairments, passed: count('passed'), dropped, duplicated: 0, corrupted: 0, reordered: 0, waiting: 0 }
    })
  }

  /** Rules are written as a whole, so one who writes waits for the one before. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(act)
    this.#turn = mine.catch(() => {})
    return mine
  }

  async #become(layers: readonly NodeLayer[], changed: readonly string[]): Promise<void> {
    const done: string[] = []
    try {
      for (const node of changed) {
        done.push(node)
        await this.#apply(node, layers)
      }
      this.#layers = layers
    } catch (error) {
      for (const node of done) await this.#apply(node, this.#layers).catch(() => {}) // ND2; the first failure is the one to tell
      throw error
    }
  }

  async #apply(node: string, layers: readonly NodeLayer[]): Promise<void> {
    await this.#hold(node, layersOf(node, layers, this.#nodes()).flatMap(({ impairments }) => netemArguments(impairments) ?? []).length === 0 ? null : this.#netemOf(node, layers))
    const written = await this.#run(node, ['nft', '-f', '-'], nodeRules(node, layers, this.#nodes()))
    if (written.code !== 0) throw new LabError('unsupported', `the kernel of ${node} does not take these rules (nft: ${written.stderr.trim()})`)
  }

  #netemOf(node: string, layers: readonly NodeLayer[]): readonly string[] {
    const [first, second] = layersOf(node, layers, this.#nodes()).flatMap(({ owner, impairments }) => {
      const words = netemArguments(impairments)
      return words === null ? [] : [{ owner, words }]
    })
    if (second !== undefined) throw new LabError('conflict', `what ${node} sends is held or changed already (by ${first!.owner}), and its kernel does that once`)
    return first!.words
  }

  async #hold(node: string, netem: readonly string[] | null): Promise<void> {
    if (netem === null) {
      if (this.#held.delete(node)) await this.#run(node, ['tc', 'qdisc', 'del', 'dev', nodeCard, 'root'])
      return
    }
    const done = await this.#run(node, ['tc', 'qdisc', 'replace', 'dev', nodeCard, 'root', 'netem', ...netem])
    if (done.code !== 0) throw new LabError('unsupported', done.stderr.includes('qdisc kind is unknown') ? `the kernel of ${node} has no sch_netem, which holds and changes packets (tc: ${done.stderr.trim()}); down, block and loss can be had without it` : `tc on ${node}: ${done.stderr.trim()}`)
    this.#held.add(node)
  }
}

function isSame(layer: NodeLayer, owner: string, link: LinkName): boolean {
  return layer.owner === owner && layer.link.from === link.from && layer.link.to === link.to
}
