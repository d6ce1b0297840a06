/**
 * How far a simulated pod is, and how it goes on. Pure: a run and the time in, the next run out.
 *
 *   PR1  All stages that are due are gone through at once, so that a pod without delays is ready by one write.
 *   PR2  Init containers run one after the other; a sidecar counts as started at once.
 *   PR3  After an end restartPolicy decides: never again means Succeeded or Failed, else the containers start again: the
 *        first time at once, then after 10 s, doubled up to 300 s, and at once again after ten good minutes.
 *   PR4  activeDeadlineSeconds, counted from the pod's start, makes it Failed with DeadlineExceeded.
 *   PR5  A run that nobody remembers is read from the pod's status: what was told is not told otherwise.
 *   PR6  After its machine was off, containers that ran have ended with 255 and are started again, or the pod has failed.
 *   PR7  A pod that ended stays as it ended.
 *   PR8  A pod that is stopped because it is to go has failed: its containers end with 143.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { backoffMs } from '../../../base/backoff.ts'
import { isSidecar } from '../../../machinery/kubelet/pod-conditions.ts'
import { type Lifecycle, type Stage, type StageStart, drawStage } from '../simulation/stages.ts'

export type PodState = 'scheduled' | 'initializing' | 'running' | 'ready' | 'waiting' | 'succeeded' | 'failed'

export interface ContainerEnd {
  readonly exitCode: number
  readonly reason: string
  readonly startedAtMs: number
  readonly finishedAtMs: number
}

export interface PodRun {
  readonly state: PodState
  readonly enteredAtMs: number
  /** When the pod was started on its node; 0 before. */
  readonly startedAtMs: number
  /** Start of the containers that run now. */
  readonly containersAtMs: number
  /** Init containers that are done. */
  readonly initDone: number
  readonly initRestarts: number
  readonly restarts: number
  /** Ends in a row, for the back-off. */
  readonly crashes: number
  /** The latest end; of an init container while initialising. */
  readonly lastEnd: ContainerEnd | undefined
  /** Of a pod that failed as a whole. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined
  readonly draws: number
  readonly next: { readonly stage: Stage; readonly dueAtMs: number } | undefined
  /** While waiting. */
  readonly resumeAtMs: number
}

export interface Advance {
  readonly run: PodRun
  /** When it goes on by itself; undefined: never. */
  readonly dueAtMs: number | undefined
}

export interface LifeData {
  readonly lifecycle: Lifecycle | undefined
  readonly seed: number
}

const crashBackoff = { firstMs: 10_000, maxMs: 300_000 } as const
const goodAfterMs = 600_000
/** Stages without delay could go round for ever; the reader of the data refuses those, this is the second lock. */
const mostStagesAtOnce = 200

export function newRun(nowMs: number): PodRun {
  return { state: 'scheduled', enteredAtMs: nowMs, startedAtMs: 0, containersAtMs: 0, initDone: 0, initRestarts: 0, restarts: 0, crashes: 0, lastEnd: undefined, failure: undefined, draws: 0, next: undefined, resumeAtMs: 0 }
}

/** PR5 */
export function adoptRun(pod: Pod, nowMs: number): PodRun {
  const fresh = newRun(nowMs)
  const { phase, conditions = [], containerStatuses = [], initContainerStatuses = [], startTime } = pod.status
  if (phase === 'Succeeded' || phase === 'Failed') return { ...fresh, state: phase === 'Succeeded' ? 'succeeded' : 'failed' }
  if (startTime === undefined || containerStatuses.length === 0) return fresh
  const first = containerStatuses[0]!
  const known = { ...fresh, startedAtMs: Date.parse(startTime), restarts: first.restartCount, crashes: first.restartCount }
  const end = first.lastState?.terminated
  const lastEnd = end === undefined ? undefined : { exitCode: end.exitCode, reason: end.reason ?? 'Error', startedAtMs: Date.parse(end.startedAt ?? startTime), finishedAtMs: Date.parse(end.finishedAt ?? startTime) }
  if (first.state?.running !== undefined) {
    const isReady = conditions.some(({ type, status }) => type === 'ContainersReady' && status === 'True')
    return { ...known, state: isReady ? 'ready' : 'running', containersAtMs: Date.parse(first.state.running.startedAt ?? startTime), initDone: ordinaryInits(pod).length, lastEnd }
  }
  if (first.state?.waiting?.reason === 'CrashLoopBackOff') return { ...known, state: 'waiting', initDone: ordinaryInits(pod).length, lastEnd, resumeAtMs: nowMs }
  return { ...known, state: 'initializing', initDone: initContainerStatuses.filter(({ state }) => state?.terminated?.exitCode === 0).length }
}

export function advance(before: PodRun, pod: Pod, data: LifeData, nowMs: number): Advance {
  let run = before
  for (let step = 0; step < mostStagesAtOnce; step++) {
    if (isOver(run)) return { run, dueAtMs: undefined } // PR7
    const deadlineAtMs = deadlineOf(run, pod)
    if (deadlineAtMs !== undefined && nowMs >= deadlineAtMs) { // PR4
      return { run: { ...fail(run, nowMs), failure: { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' } }, dueAtMs: undefined }
    }
    const planned = run.state === 'waiting' ? run : withNext(run, pod, data)
    const dueAtMs = planned.state === 'waiting' ? planned.resumeAtMs : planned.next?.dueAtMs
    if (dueAtMs === undefined || dueAtMs > nowMs) return { run: planned, dueAtMs: earliest(dueAtMs, deadlineAtMs) }
    run = planned.state === 'waiting' ? resume(planned, nowMs) : apply(planned, planned.next!.stage, pod, nowMs) // PR1
  }
  return { run, dueAtMs: nowMs + 1_000 }
}

/** How long a pod that is being deleted still runs. */
export function deletionDelayMs(pod: Pod, data: LifeData): number {
  const drawn = data.lifecycle === undefined ? undefined : drawStage(data.lifecycle.stages, 'deleting', podName(pod), data.seed, 0)
  return Math.min(drawn?.afterMs ?? 0, (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1_000)
}

/** PR6 */
export function rebooted(run: PodRun, pod: Pod, nowMs: number): PodRun {
  if (isOver(run) || run.state === 'scheduled' || run.state === 'waiting') return run
  return endOf(run, pod, { exitCode: 255, reason: 'Unknown' }, nowMs)
}

/** PR8 */
export function stopped(run: PodRun, nowMs: number): PodRun {
  if (isOver(run) || run.state === 'scheduled') return run
  const lastEnd = run.state === 'waiting' ? run.lastEnd : { exitCode: 143, reason: 'Error', startedAtMs: run.containersAtMs === 0 ? run.enteredAtMs : run.containersAtMs, finishedAtMs: nowMs }
  return fail({ ...run, lastEnd }, nowMs)
}

export function isOver(run: PodRun): boolean {
  return run.state === 'succeeded' || run.state === 'failed'
}

export function ordinaryInits(pod: Pod) {
  return (pod.spec.initContainers ?? []).filter(container => !isSidecar(container))
}

function withNext(run: PodRun, pod: Pod, { lifecycle, seed }: LifeData): PodRun {
  if (run.next !== undefined || lifecycle === undefined) return run
  const drawn = drawStage(lifecycle.stages, run.state as StageStart, podName(pod), seed, run.draws)
  return drawn === undefined ? run : { ...run, draws: run.draws + 1, next: { stage: drawn.stage, dueAtMs: run.enteredAtMs + drawn.afterMs } }
}

function apply(run: PodRun, stage: Stage, pod: Pod, nowMs: number): PodRun {
  switch (stage.to) {
    case 'started': {
      const started = { ...enter(run, 'initializing', nowMs), startedAtMs: nowMs }
      return ordinaryInits(pod).length === 0 ? begin(started, nowMs) : started
    }
    case 'initialized': {
      const initDone = run.initDone + 1
      return initDone >= ordinaryInits(pod).length ? begin({ ...run, initDone }, nowMs) : { ...enter(run, 'initializing', nowMs), initDone } // PR2
    }
    case 'ready':
      return enter(run, 'ready', nowMs)
    case 'unready':
      return enter(run, 'running', nowMs)
    case 'completed':
      return endOf(run, pod, { exitCode: 0, reason: 'Completed' }, nowMs)
    case 'crashed':
      return endOf(run, pod, stage, nowMs)
    case 'gone':
      return run // only a pod that is being deleted is at such a stage
  }
}

function enter(run: PodRun, state: PodState, nowMs: number): PodRun {
  return { ...run, state, enteredAtMs: nowMs, next: undefined }
}

function begin(run: PodRun, nowMs: number): PodRun {
  return { ...enter(run, 'running', nowMs), containersAtMs: nowMs, crashes: 0, lastEnd: undefined }
}

/** PR3 */
function endOf(run: PodRun, pod: Pod, { exitCode, reason }: Pick<Stage, 'exitCode' | 'reason'>, nowMs: number): PodRun {
  const isInit = run.state === 'initializing'
  const startedAtMs = isInit ? run.enteredAtMs : run.containersAtMs
  const ended = { ...run, lastEnd: { exitCode, reason, startedAtMs, finishedAtMs: nowMs } }
  const policy = pod.spec.restartPolicy ?? 'Always'
  const isAgain = isInit ? policy !== 'Never' : policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
  if (!isAgain) return exitCode === 0 ? enter(ended, 'succeeded', nowMs) : fail(ended, nowMs)
  const crashes = nowMs - startedAtMs >= goodAfterMs ? 1 : run.crashes + 1
  const resumeAtMs = crashes === 1 ? nowMs : nowMs + backoffMs(crashBackoff, crashes - 1)
  return { ...enter(ended, 'waiting', nowMs), crashes, resumeAtMs }
}

function resume(run: PodRun, nowMs: number): PodRun {
  if (run.containersAtMs === 0) return { ...enter(run, 'initializing', nowMs), initRestarts: run.initRestarts + 1 }
  return { ...enter(run, 'running', nowMs), containersAtMs: nowMs, restarts: run.restarts + 1 }
}

function fail(run: PodRun, nowMs: number): PodRun {
  return enter(run, 'failed', nowMs)
}

function deadlineOf(run: PodRun, pod: Pod): number | undefined {
  const { activeDeadlineSeconds } = pod.spec
  return activeDeadlineSeconds === undefined || run.startedAtMs === 0 ? undefined : run.startedAtMs + activeDeadlineSeconds * 1_000
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b)
}

function podName(pod: Pod): string {
  return `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`
}
