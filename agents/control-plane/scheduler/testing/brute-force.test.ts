/**
 * The incremental snapshot and the plugins against the brute-force reference, after random histories.
 *
 *   BF1  Verdict, reasons and whether eviction cures are the same for every node.
 *   BF2  Raw and normalised scores of every plugin are the same for every feasible node.
 *   BF3  The verdict is with pods imagined gone from (and back on) a node.
 *   BF4  Asking again about a pod that was asked about before, with changes in between, makes no difference (KA2).
 */
import { expect, test } from 'vitest'
import type { Namespace, Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { LabelSelector } from '../../../api/groups/meta-v1/types.ts'
import { seededRandom } from '../../../base/random.ts'
import type { PreparedFilters } from '../cycle/cycle-filters.ts'
import { prepareFilters } from '../cycle/cycle-filters.ts'
import { scoreNodes } from '../cycle/scores.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import type { NodeRejection } from '../framework/plugin.ts'
import { defaultPlugins } from '../profile/default-plugins.ts'
import { Cluster, emptyLookups } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import type { PlainCluster, PlainScore } from './brute-force.ts'
import { bruteScores, bruteVerdict } from './brute-force.ts'
import { RandomObjects, namespaceNames } from './random-cluster.ts'

const rounds = 10
const historiesARound = 10
const stepsAHistory = 60

class History {
  readonly objects: RandomObjects
  readonly nodes = new Map<string, Node>()
  readonly pods = new Map<string, Pod>()
  readonly namespaces = new Map<string, Record<string, string>>()
  workload: LabelSelector | undefined
  readonly #probes: Pod[] = []
  readonly cluster: Cluster
  readonly plugins: PluginSet

  constructor(seed: number) {
    this.objects = new RandomObjects(seededRandom(seed))
    this.cluster = new Cluster({
      ...emptyLookups,
      namespace: name => ({ metadata: { name, labels: this.namespaces.get(name) } }) as unknown as Namespace,
      replicaSet: () => (this.workload === undefined ? undefined : { spec: { selector: this.workload } }) as never,
    })
    this.plugins = defaultPlugins({ cluster: this.cluster })
    for (const name of namespaceNames) this.namespaces.set(name, {})
    for (let index = 0; index < 6; index++) this.#setNode(this.objects.node(`n${index}`))
  }

  plain(): PlainCluster {
    const pods = [...this.pods.values()].filter(pod => this.nodes.has(pod.spec.nodeName!))
    return { nodes: [...this.nodes.values()], pods, namespaces: this.namespaces, ...(this.workload === undefined ? {} : { workload: this.workload }) }
  }

  /** Often one that was asked about before, so that answers that were kept are put to the test. */
  probe(): Pod {
    if (this.#probes.length > 0 && this.objects.chance(0.6)) return this.objects.one(this.#probes)
    const fresh = owned(this.objects.pod())
    this.#probes.push(fresh)
    return fresh
  }

  step(): void {
    const { objects } = this
    const kind = objects.number(0, 99)
    if (kind < 45) this.#place(objects.pod())
    else if (kind < 60) this.#withPod(pod => { this.#setPod(objects.changedPod(pod)) })
    else if (kind < 72) this.#withPod(pod => { this.pods.delete(pod.metadata.uid); this.cluster.removePod(pod.metadata.uid) })
    else if (kind < 85) this.#setNode(objects.changedNode(objects.one([...this.nodes.values()])))
    else if (kind < 90) this.#setNode(objects.node(`n${objects.number(0, 9)}`))
    else if (kind < 94) this.#removeNode()
    else if (kind < 97) this.#relabelNamespace()
    else this.workload = objects.chance(0.5) ? undefined : { matchLabels: { app: objects.one(['web', 'db']) } }
  }

  #place(pod: Pod): void {
    const node = this.objects.one([...this.nodes.keys(), 'n9'])
    const placed = { ...pod, spec: { ...pod.spec, nodeName: node } }
    if (this.objects.chance(0.5)) {
      this.cluster.assume(pod, node)
      if (this.objects.chance(0.2)) { this.cluster.forget(pod.metadata.uid); return }
      if (this.objects.chance(0.5)) this.cluster.setPod(placed)
    } else this.cluster.setPod(placed)
    this.pods.set(pod.metadata.uid, placed)
  }

  #setPod(pod: Pod): void {
    this.cluster.setPod(pod)
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') this.pods.delete(pod.metadata.uid)
    else this.pods.set(pod.metadata.uid, pod)
  }

  #withPod(change: (pod: Pod) => void): void {
    if (this.pods.size > 0) change(this.objects.one([...this.pods.values()]))
  }

  #setNode(node: Node): void {
    this.nodes.set(node.metadata.name, node)
    this.cluster.setNode(node)
  }

  #removeNode(): void {
    if (this.nodes.size < 4) return
    const name = this.objects.one([...this.nodes.keys()])
    this.nodes.delete(name)
    this.cluster.removeNode(name)
  }

  #relabelNamespace(): void {
    this.namespaces.set(this.objects.one(namespaceNames), this.objects.chance(0.3) ? {} : { team: this.objects.one(['x', 'y']) })
    this.cluster.namespaceChanged()
  }
}

function owned(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'set', uid: 'set', controller: true }] } }
}

function verdictText(rejection: NodeRejection | null): string {
  return rejection === null ? 'fits' : `${rejection.plugin}: ${rejection.reasons.join(', ')}${rejection.curable ? ' (curable)' : ''}`
}

function bruteText(pod: Pod, node: Node, plain: PlainCluster): string {
  const verdict = bruteVerdict(pod, node, plain)
  return verdict === null ? 'fits' : `${verdict.plugin}: ${verdict.reasons.join(', ')}${verdict.curable ? ' (curable)' : ''}`
}

function scoresOf(pod: Pod, views: readonly NodeView[], { cluster, plugins }: History, filters: PreparedFilters): Record<string, readonly PlainScore[]> {
  const columns = new Map(scoreNodes(pod, cluster, views, plugins, filters, undefined).map(column => [column.plugin, column]))
  return Object.fromEntries(plugins.score.map(({ plugin: { name } }) => [name, views.map((_, index) => ({ raw: (columns.get(name)?.raw[index] ?? 0) + 0, normalised: (columns.get(name)?.normalized[index] ?? 0) + 0 }))]))
}

function compare(history: History, seed: string): void {
  const pod = history.probe()
  const plain = history.plain()
  const { filters } = prepareFilters(pod, history.cluster, history.plugins, () => [])
  const views = [...history.cluster.nodes]
  expect(views.map(view => view.name).sort(), seed).toEqual(plain.nodes.map(node => node.metadata.name).sort())
  const seen = Object.fromEntries(views.map(view => [view.name, verdictText(filters.verdictOn(view))]))
  const wanted = Object.fromEntries(views.map(view => [view.name, bruteText(pod, view.node, plain)]))
  expect(seen, seed).toEqual(wanted) // BF1

  const feasible = views.filter(view => seen[view.name] === 'fits')
  if (feasible.length > 0) expect(scoresOf(pod, feasible, history, filters), seed).toEqual(withoutNegativeZero(bruteScores(pod, feasible.map(view => view.node), plain))) // BF2

  const victimNode = history.objects.one(views)
  const imagined = victimNode.imagine()
  const clone = filters.clone()
  for (const victim of [...victimNode.pods.values()].filter(() => history.objects.chance(0.6))) {
    imagined.remove(victim)
    clone.removePod(victim, imagined)
    if (history.objects.chance(0.7)) continue
    imagined.add(victim)
    clone.addPod(victim, imagined)
  }
  const left = new Set(imagined.pods.keys())
  const without: PlainCluster = { ...plain, pods: plain.pods.filter(other => other.spec.nodeName !== victimNode.name || left.has(other.metadata.uid)) }
  expect(verdictText(clone.verdictOn(imagined)), `${seed} imagined`).toBe(bruteText(pod, victimNode.node, without)) // BF3
  expect(verdictText(filters.verdictOn(victimNode)), seed).toBe(seen[victimNode.name])
}

function withoutNegativeZero(scores: Record<string, readonly PlainScore[]>): Record<string, readonly PlainScore[]> {
  return Object.fromEntries(Object.entries(scores).map(([plugin, list]) => [plugin, list.map(({ raw, normalised }) => ({ raw: raw + 0, normalised: normalised + 0 }))]))
}

test.each(Array.from({ length: rounds }, (_, round) => ({ round })))(`BF1 BF2 BF3 BF4 ${historiesARound * (stepsAHistory / 2)} random clusters, round $round`, ({ round }) => {
  for (let seed = round * historiesARound; seed < (round + 1) * historiesARound; seed++) {
    const history = new History(seed)
    for (let step = 0; step < stepsAHistory; step++) {
      history.step()
      if (step % 2 === 1) compare(history, `seed ${seed} step ${step}`)
    }
  }
})
