/**
 * How many pods a second the pure cycle places: deciding and assuming, without queue, API server and binding. After the
 * workloads of upstream's scheduler_perf.
 */
import type { Node, Pod, PodSpec } from '../../../api/groups/core-v1/types.ts'
import { seededRandom } from '../../../base/random.ts'
import { schedulePod } from '../cycle/schedule-pod.ts'
import { defaultPlugins } from '../profile/default-plugins.ts'
import { Cluster, emptyLookups } from '../snapshot/cluster.ts'
import { whatIf } from '../what-if/what-if.ts'

export interface CycleWorkload {
  readonly name: string
  /** Of the pods that are there before, and of those that are measured. */
  readonly existing: (index: number) => Partial<Pod['metadata']> & { readonly spec?: Partial<PodSpec> }
  readonly measured: (index: number) => Partial<Pod['metadata']> & { readonly spec?: Partial<PodSpec> }
  /** Whether a Service selects the pods, so that they are spread by default. */
  readonly isSelected?: boolean
}

export interface CycleFigure {
  readonly workload: string
  readonly nodes: number
  readonly pods: number
  readonly podsPerSecond: number
  /** Milliseconds a decision took, at the 99th of a hundred. */
  readonly p99Ms: number
  readonly unplaced: number
}

const zoneKey = 'topology.kubernetes.io/zone'
const hostKey = 'kubernetes.io/hostname'
const color = (value: string) => ({ labels: { color: value } })
const select = (value: string) => ({ matchLabels: { color: value } })
const plain = () => ({})

function affinity(kind: 'podAffinity' | 'podAntiAffinity', required: boolean, topologyKey: string, value: string): Partial<PodSpec> {
  const term = { topologyKey, labelSelector: select(value) }
  return { affinity: { [kind]: required ? { requiredDuringSchedulingIgnoredDuringExecution: [term] } : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] } } }
}

function spread(whenUnsatisfiable: string): Partial<PodSpec> {
  return { topologySpreadConstraints: [{ maxSkew: 5, topologyKey: zoneKey, whenUnsatisfiable, labelSelector: select('blue') }] }
}

const both = (make: CycleWorkload['measured']): Pick<CycleWorkload, 'existing' | 'measured'> => ({ existing: make, measured: make })

export const cycleWorkloads: readonly CycleWorkload[] = [
  { name: 'basic', existing: plain, measured: plain },
  { name: 'node affinity', ...both(() => ({ spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: zoneKey, operator: 'In', values: ['zone-1', 'zone-2'] }] }] } } } } })) },
  { name: 'pod affinity', ...both(() => ({ ...color('blue'), spec: affinity('podAffinity', true, zoneKey, 'blue') })) },
  { name: 'pod anti-affinity', ...both(() => ({ ...color('green'), spec: affinity('podAntiAffinity', true, hostKey, 'green') })) },
  { name: 'preferred pod affinity', ...both(() => ({ ...color('red'), spec: affinity('podAffinity', false, hostKey, 'red') })) },
  { name: 'preferred pod anti-affinity', ...both(() => ({ ...color('red'), spec: affinity('podAntiAffinity', false, hostKey, 'red') })) },
  { name: 'topology spreading', existing: plain, measured: () => ({ ...color('blue'), spec: spread('DoNotSchedule') }) },
  { name: 'preferred topology spreading', existing: plain, measured: () => ({ ...color('blue'), spec: spread('ScheduleAnyway') }) },
  { name: 'default topology spreading', ...both(() => color('blue')), isSelected: true },
]

export interface CycleBenchOptions {
  readonly nodes: number
  readonly existing: number
  readonly measured: number
  /** Milliseconds, monotonic, for single decisions. */
  readonly now: () => number
  /** Milliseconds that count for the rate: of the processor, so that other work on the machine does not. */
  readonly used: () => number
}

export function benchCycle(workload: CycleWorkload, { nodes, existing, measured, now, used }: CycleBenchOptions): CycleFigure {
  const { cluster, place } = benchCluster(workload, nodes, existing)
  const pods = measuredPods(workload, measured)
  const took: number[] = []
  let unplaced = 0
  const usedBefore = used()
  for (const pod of pods) {
    const from = now()
    const node = place(pod)
    if (node === null) unplaced++
    else cluster.assume(pod, node)
    took.push(now() - from)
  }
  const totalMs = used() - usedBefore
  return { workload: workload.name, nodes, pods: measured, podsPerSecond: Math.round(measured / (totalMs / 1_000)), p99Ms: took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)]!, unplaced }
}

/** The same pods, asked about instead of placed: pods a second. */
export function benchWhatIf(workload: CycleWorkload, { nodes, existing, measured, used }: CycleBenchOptions): number {
  const { cluster, plugins } = benchCluster(workload, nodes, existing)
  const name = 'default-scheduler'
  const pods = measuredPods(workload, measured)
  const usedBefore = used()
  whatIf({ cluster, profiles: new Map([[name, { name, plugins, percentageOfNodesToScore: 0 }]]), nominatedOn: () => [], random: seededRandom(1), budgets: () => [] }, pods, { details: false })
  return Math.round(measured / ((used() - usedBefore) / 1_000))
}

function benchCluster(workload: CycleWorkload, nodes: number, existing: number) {
  const service = { metadata: { name: 's', namespace: 'default' }, spec: { selector: { color: 'blue' } } } as never
  const cluster = new Cluster({ ...emptyLookups, services: () => (workload.isSelected === true ? [service] : []) })
  const plugins = defaultPlugins({ cluster })
  const random = seededRandom(1)
  let startAt = 0
  const place = (pod: Pod): string | null => {
    const { node, asked } = schedulePod(pod, cluster, { plugins, random, startAt })
    startAt = (startAt + asked) % nodes
    return node
  }
  for (let index = 0; index < nodes; index++) cluster.setNode(benchNode(index))
  for (let index = 0; index < existing; index++) {
    const pod = benchPod(`e${index}`, workload.existing(index))
    const node = place(pod)
    if (node !== null) cluster.assume(pod, node)
  }
  return { cluster, plugins, place }
}

function measuredPods(workload: CycleWorkload, count: number): Pod[] {
  return Array.from({ length: count }, (_, index) => benchPod(`m${index}`, workload.measured(index)))
}

function benchNode(index: number): Node {
  const name = `node-${index}`
  return {
    apiVersion: 'v1', kind: 'Node',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels: { [hostKey]: name, [zoneKey]: `zone-${index % 10}` } },
    spec: {},
    status: { allocatable: { cpu: '4', memory: '32Gi', pods: '110' } },
  }
}

function benchPod(name: string, { labels, spec }: ReturnType<CycleWorkload['measured']>): Pod {
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels: labels ?? {} },
    spec: { containers: [{ name: 'pause', image: 'pause:3', resources: { requests: { cpu: '100m', memory: '500Mi' } } }], priority: 0, ...spec },
    status: {},
  }
}
