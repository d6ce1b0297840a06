/**
 * The life of a simulated pod, as data: from each state it goes on by one of the stages that begin there.
 *
 *   scheduled ──started──► initializing ──initialized (each init container)──► running ──ready──► ready
 *                               │                                                │ ▲               │
 *                               └─crashed                        crashed, completed └──unready─────┘ crashed, completed
 *   deleting ──gone──► (deleted)
 *
 *   SG1  The first lifecycle whose `match` fits a pod is its life; an empty match fits all.
 *   SG2  Of several stages that begin in one state one is drawn by weight; the draw depends on the seed, the pod's name and
 *        how often it has drawn, so that one seed gives one story.
 *   SG3  A stage is due its delay, and a part of its jitter by the same draw, after its state was entered.
 *   SG4  What follows an end is the pod's own restartPolicy's affair, as it is a kubelet's: again with back-off, or Succeeded
 *        or Failed.
 *   SG5  A state without a stage is stayed in.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { seededRandom } from '../../../base/random.ts'
import { controllerOf } from '../../../machinery/owner.ts'

export const stageStarts = ['scheduled', 'initializing', 'running', 'ready', 'deleting'] as const
export type StageStart = (typeof stageStarts)[number]
export type StageEnd = 'started' | 'initialized' | 'ready' | 'unready' | 'crashed' | 'completed' | 'gone'

/** What may follow what. */
export const stageEnds: Readonly<Record<StageStart, readonly StageEnd[]>> = {
  scheduled: ['started'],
  initializing: ['initialized', 'crashed'],
  running: ['ready', 'crashed', 'completed'],
  ready: ['unready', 'crashed', 'completed'],
  deleting: ['gone'],
}

export interface Stage {
  readonly from: StageStart
  readonly to: StageEnd
  readonly delayMs: number
  readonly jitterMs: number
  readonly weight: number
  /** Of the container that ends; `crashed` only. */
  readonly exitCode: number
  /** Reason of its end, such as OOMKilled; `crashed` only. */
  readonly reason: string
}

export interface PodMatch {
  readonly namespaces: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Kinds of the controller that owns the pod, such as Job. */
  readonly ownerKinds: readonly string[]
}

export interface Lifecycle {
  readonly match: PodMatch
  readonly stages: readonly Stage[]
}

export const stageDefaults = { delayMs: 0, jitterMs: 0, weight: 1, exitCode: 1, reason: 'Error' } as const
export const matchAll: PodMatch = { namespaces: [], labels: {}, annotations: {}, ownerKinds: [] }

const stage = (from: StageStart, to: StageEnd, delayMs = 0): Stage => ({ ...stageDefaults, from, to, delayMs })
const common = [stage('scheduled', 'started'), stage('initializing', 'initialized'), stage('running', 'ready'), stage('deleting', 'gone')]

/** Without other data: pods are ready at once and stay so, those of Jobs are done after a second. */
export const defaultLifecycles: readonly Lifecycle[] = [
  { match: { ...matchAll, ownerKinds: ['Job'] }, stages: [...common, stage('ready', 'completed', 1_000)] },
  { match: matchAll, stages: common },
]

export function lifecycleOf(pod: Pod, lifecycles: readonly Lifecycle[]): Lifecycle | undefined {
  return lifecycles.find(({ match }) => fits(pod, match)) // SG1
}

export function fits(pod: Pod, match: PodMatch): boolean {
  const { namespace = '', labels = {}, annotations = {} } = pod.metadata
  const holds = (wanted: Readonly<Record<string, string>>, present: Readonly<Record<string, string>>) => Object.entries(wanted).every(([name, value]) => present[name] === value)
  return (match.namespaces.length === 0 || match.namespaces.includes(namespace))
    && (match.ownerKinds.length === 0 || match.ownerKinds.includes(controllerOf(pod)?.kind ?? ''))
    && holds(match.labels, labels) && holds(match.annotations, annotations)
}

export interface Drawn {
  readonly stage: Stage
  readonly afterMs: number
}

/** SG2, SG3, SG5. `draws` is how often this pod has drawn before. */
export function drawStage(stages: readonly Stage[], from: StageStart, pod: string, seed: number, draws: number): Drawn | undefined {
  const candidates = stages.filter(candidate => candidate.from === from)
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return undefined
  const only = candidates[0]!
  if (candidates.length === 1 && only.jitterMs === 0) return { stage: only, afterMs: only.delayMs }
  const random = seededRandom(seedOf(pod, seed, draws))
  let left = random.next() * total
  const chosen = candidates.find(({ weight }) => (left -= weight) < 0) ?? candidates.at(-1)!
  return { stage: chosen, afterMs: chosen.delayMs + Math.floor(random.next() * chosen.jitterMs) }
}

/** FNV-1a over the name, so that nearby seeds give unlike stories. */
function seedOf(pod: string, seed: number, draws: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let index = 0; index < pod.length; index++) hash = Math.imul(hash ^ pod.charCodeAt(index), 0x01000193)
  return Math.imul(hash ^ draws, 0x01000193) >>> 0
}
