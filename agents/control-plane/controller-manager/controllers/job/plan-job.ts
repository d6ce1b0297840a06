/**
 * What a Job does next. Pure.
 *
 *   JB1  A finished Pod counts once, when its tracking finalizer is removed; until then it is known by its finalizer, or
 *        by its uid in status.uncountedTerminatedPods.
 *   JB2  Without completions the Job is done when one Pod has succeeded and none is left; with completions when so many
 *        succeeded; an indexed Job when every index has.
 *   JB3  More failures than backoffLimit, a passed activeDeadlineSeconds, a FailJob rule or too many failed indexes fail it.
 *   JB4  First the Job says what it will be (SuccessCriteriaMet, FailureTarget) and ends its Pods; it is Complete or Failed
 *        when no Pod is left that it tracks.
 *   JB5  It keeps min(parallelism, completions left) Pods running, fewer never by stopping ready ones first; a suspended
 *        Job keeps none. Pods stopped for that do not count: their finalizer goes first.
 *   JB6  After failures new Pods wait: 10 s, doubling with each failure since the last success, up to 10 minutes; with
 *        backoffLimitPerIndex each index waits for its own failures, and no index for another.
 *   JB8  A Pod that is being deleted has failed, unless podReplacementPolicy is Failed: then its end is waited for. When the Job
 *        fails, every Pod that is left has failed; when it succeeds early, they do not count.
 *   JB9  With restartPolicy OnFailure the restarts of the containers of its Pods count against backoffLimit.
 *   JB10  With backoffLimitPerIndex a failed Pod is counted when its successor is there, which takes over what it knew.
 *   JB7  What fails a Job goes before its successPolicy. Indexes beyond completions (which may shrink with parallelism) do
 *        not count.
 */
import type { Job, JobCondition, SuccessPolicyRule } from '../../../../api/groups/batch-v1/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { isDeleting, isFinished, isReady, podCondition } from '../../pods/pod-state.ts'
import { judgeFailure } from './failure-policy.ts'
import { readIndexes } from './indexes.ts'

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'
export const indexFailuresAnnotation = 'batch.kubernetes.io/job-index-failure-count'
export const indexIgnoredAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count'

const firstBackoffMs = 10_000
const longestBackoffMs = 600_000

export const conditionOf = (job: Job, type: string): JobCondition | undefined => job.status.conditions?.find(condition => condition.type === type && condition.status === 'True')
export const isJobFinished = (job: Job): boolean => conditionOf(job, 'Complete') !== undefined || conditionOf(job, 'Failed') !== undefined
export const isIndexed = (job: Job): boolean => job.spec.completionMode === 'Indexed'
export const indexOf = (pod: Pod): number | undefined => {
  const text = pod.metadata.annotations?.[indexAnnotation]
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text)
}

export interface Verdict {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget'
  readonly reason: string
  readonly message: string
}

export interface JobPlan {
  readonly active: readonly Pod[]
  readonly ready: number
  readonly terminating: number
  /** Finished Pods not yet counted, which still carry the finalizer. */
  readonly newlySucceeded: readonly Pod[]
  readonly newlyFailed: readonly Pod[]
  /** Finished Pods that do not count (Ignore rule, or ended because of us), which still carry the finalizer. */
  readonly uncounted: readonly Pod[]
  /** Including what is newly so. */
  readonly succeeded: number
  readonly failed: number
  readonly completedIndexes: ReadonlySet<number>
  readonly failedIndexes: ReadonlySet<number>
  readonly verdict: Verdict | undefined
  /** Ordinals for an indexed Job, else only its length counts. */
  readonly create: readonly (number | undefined)[]
  readonly remove: readonly Pod[]
  /** Left over of a Job that has a verdict: their finalizers go with it (JB8). */
  readonly leftOver: readonly Pod[]
  readonly createInMs: number
}

export function planJob(job: Job, owned: readonly Pod[], nowMs: number): JobPlan {
  const uncountedUids = { succeeded: new Set(job.status.uncountedTerminatedPods?.succeeded), failed: new Set(job.status.uncountedTerminatedPods?.failed) }
  const tracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) === true
  const known = (pod: Pod): boolean => uncountedUids.succeeded.has(pod.metadata.uid) || uncountedUids.failed.has(pod.metadata.uid)
  const finished = owned.filter(pod => tracked(pod) && !known(pod) && (pod.status.phase === 'Succeeded' || hasFailed(job, pod)))
  const active = owned.filter(pod => !isFinished(pod) && !isDeleting(pod))
  const terminating = owned.filter(pod => isDeleting(pod) && !isFinished(pod)).length

  const completedIndexes = readIndexes(job.status.completedIndexes, job.spec.completions)
  const failedIndexes = readIndexes(job.status.failedIndexes, job.spec.completions)
  const newlySucceeded = finished.filter(pod => pod.status.phase === 'Succeeded' && !(isIndexed(job) && completedIndexes.has(indexOf(pod) ?? -1)))
  const verdicts = new Map(finished.filter(pod => pod.status.phase !== 'Succeeded').map(pod => [pod, judgeFailure(job.spec.podFailurePolicy, pod)]))
  const failing = [...verdicts].filter(([, { action }]) => action !== 'Ignore').map(([pod]) => pod)
  if (isIndexed(job)) {
    for (const pod of newlySucceeded) if (isWithin(job, pod)) completedIndexes.add(indexOf(pod)!)
    for (const [pod, { action }] of verdicts) if (action === 'FailIndex' || (action !== 'Ignore' && isIndexSpent(job, pod))) if (isWithin(job, pod)) failedIndexes.add(indexOf(pod)!)
    for (const index of completedIndexes) failedIndexes.delete(index)
  }
  const succeeded = isIndexed(job) ? completedIndexes.size : (job.status.succeeded ?? 0) + uncountedUids.succeeded.size + newlySucceeded.length
  const failed = (job.status.failed ?? 0) + uncountedUids.failed.size + failing.length
  const failJob = [...verdicts.values()].find(({ action }) => action === 'FailJob')
  const counts = { owned, active, succeeded, failed, completedIndexes, failedIndexes, failJob: failJob?.message }
  const verdict = verdictOf(job, counts, nowMs)
  const target = conditionOf(job, 'SuccessCriteriaMet') ?? conditionOf(job, 'FailureTarget') ?? verdict
  const next = target === undefined && job.spec.suspend !== true
    ? planPods(job, owned, { ...counts, terminating }, nowMs)
    : { create: [], remove: active, createInMs: 0 } // JB4
  const held = target === undefined ? heldFailures(job, owned, finished, { completedIndexes, failedIndexes }) : new Set<Pod>()
  const leftOver = target === undefined ? [] : owned.filter(pod => tracked(pod) && !known(pod) && !finished.includes(pod))
  const newlyFailed = failing.filter(pod => !held.has(pod))
  const uncounted = finished.filter(pod => !newlySucceeded.includes(pod) && !failing.includes(pod) && !held.has(pod))
  return { active, ready: active.filter(isReady).length, terminating, newlySucceeded, newlyFailed, uncounted, leftOver, succeeded, failed, completedIndexes, failedIndexes, verdict, ...next }
}

interface Counts {
  readonly owned: readonly Pod[]
  readonly active: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  readonly completedIndexes: ReadonlySet<number>
  readonly failedIndexes: ReadonlySet<number>
  readonly failJob: string | undefined
}

/** JB8. A Pod that no node ever had ends without anybody's word. */
export function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status.phase === 'Failed') return true
  if (!isDeleting(pod) || pod.status.phase === 'Succeeded') return false
  return job.spec.podReplacementPolicy !== 'Failed' || (pod.status.phase === 'Pending' && (pod.spec.nodeName ?? '') === '')
}

/** We take the finalizer of a Pod before we stop it; of one that failed only after it was counted. */
const isStoppedByUs = (pod: Pod): boolean => pod.status.phase !== 'Failed' && pod.metadata.finalizers?.includes(trackingFinalizer) !== true

/** The last failed Pod of each index that goes on, while it has no successor (JB10). */
function heldFailures(job: Job, owned: readonly Pod[], finished: readonly Pod[], { completedIndexes, failedIndexes }: Pick<JobPlan, 'completedIndexes' | 'failedIndexes'>): ReadonlySet<Pod> {
  const held = new Set<Pod>()
  if (job.spec.backoffLimitPerIndex === undefined) return held
  const running = new Set(owned.filter(pod => !isFinished(pod) && !hasFailed(job, pod)).map(indexOf))
  const failures = (pod: Pod): number => Number(pod.metadata.annotations?.[indexFailuresAnnotation] ?? '0') + Number(pod.metadata.annotations?.[indexIgnoredAnnotation] ?? '0')
  for (const [index, pods] of Map.groupBy(finished.filter(pod => hasFailed(job, pod) && isWithin(job, pod)), indexOf)) {
    if (running.has(index) || completedIndexes.has(index!) || failedIndexes.has(index!)) continue
    held.add(pods.reduce((last, pod) => (failures(pod) > failures(last) ? pod : last)))
  }
  return held
}

function isPastRestarts(job: Job, owned: readonly Pod[]): boolean { // JB9
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false
  const living = owned.filter(({ status }) => status.phase === 'Running' || status.phase === 'Pending')
  const restarts = living.flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]).reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0)
  const { backoffLimit = 6 } = job.spec
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}

function verdictOf(job: Job, { owned, active, succeeded, failed, completedIndexes, failedIndexes, failJob }: Counts, nowMs: number): Verdict | undefined {
  const { completions, backoffLimit = 6, activeDeadlineSeconds, maxFailedIndexes, backoffLimitPerIndex, successPolicy } = job.spec
  const fail = (reason: string, message: string): Verdict => ({ type: 'FailureTarget', reason, message })
  if (failJob !== undefined) return fail('PodFailurePolicy', failJob) // JB3
  if ((backoffLimitPerIndex === undefined ? failed > backoffLimit : failed > backoffLimit && job.spec.backoffLimit !== undefined) || isPastRestarts(job, owned)) return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  if (activeDeadlineSeconds !== undefined && job.status.startTime !== undefined && job.spec.suspend !== true && nowMs >= Date.parse(job.status.startTime) + activeDeadlineSeconds * 1_000) return fail('DeadlineExceeded', 'Job was active longer than specified deadline')
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) return fail('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  const allIndexesEnded = isIndexed(job) && completions !== undefined && completedIndexes.size + failedIndexes.size >= completions
  if (allIndexesEnded && failedIndexes.size > 0) return fail('FailedIndexes', 'Job has failed indexes')
  const index = isIndexed(job) ? (successPolicy?.rules ?? []).findIndex(rule => isRuleMet(rule, completedIndexes)) : -1
  if (index >= 0) return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${index}` } // JB7
  const isDone = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions // JB2
  return isDone ? { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } : undefined
}

function isRuleMet({ succeededIndexes, succeededCount }: SuccessPolicyRule, completed: ReadonlySet<number>): boolean {
  const matching = succeededIndexes === undefined ? completed : new Set([...readIndexes(succeededIndexes)].filter(index => completed.has(index)))
  if (succeededCount !== undefined) return matching.size >= succeededCount
  return succeededIndexes !== undefined && matching.size === readIndexes(succeededIndexes).size
}

function isWithin(job: Job, pod: Pod): boolean {
  const index = indexOf(pod)
  return index !== undefined && index < (job.spec.completions ?? 0)
}

function isIndexSpent(job: Job, pod: Pod): boolean {
  const { backoffLimitPerIndex } = job.spec
  return backoffLimitPerIndex !== undefined && Number(pod.metadata.annotations?.[indexFailuresAnnotation] ?? '0') >= backoffLimitPerIndex
}

function planPods(job: Job, owned: readonly Pod[], counts: Counts & { readonly terminating: number }, nowMs: number): Pick<JobPlan, 'create' | 'remove' | 'createInMs'> { // JB5
  const { parallelism = 1, completions } = job.spec
  const { active, succeeded, completedIndexes, failedIndexes, terminating } = counts
  const left = completions === undefined
    ? (succeeded > 0 ? active.length : parallelism)
    : Math.max(0, completions - succeeded - (isIndexed(job) ? failedIndexes.size : 0))
  const wanted = Math.min(parallelism, left)
  const duplicates = isIndexed(job) ? active.filter((pod, position) => {
    const index = indexOf(pod)
    return index === undefined || index >= (completions ?? 0) || completedIndexes.has(index) || failedIndexes.has(index) || active.findIndex(other => indexOf(other) === index) < position
  }) : []
  if (duplicates.length > 0) return { create: [], remove: duplicates, createInMs: 0 }
  const running = active
  if (running.length > wanted) {
    const ordered = [...running].sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || (a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 1))
    return { create: [], remove: ordered.slice(0, running.length - wanted), createInMs: 0 }
  }
  const waitsForEnd = job.spec.podReplacementPolicy === 'Failed'
  const missing = Math.max(0, wanted - running.length - (waitsForEnd ? terminating : 0))
  if (missing === 0) return { create: [], remove: [], createInMs: 0 }
  const waitMs = Math.max(0, backoffEndsMs(job, owned) - nowMs)
  const { backoffLimitPerIndex } = job.spec
  if (!isIndexed(job)) return { create: Array.from({ length: missing }, () => undefined), remove: [], createInMs: waitMs }
  const taken = new Set(owned.filter(pod => !isFinished(pod) && (!isDeleting(pod) || waitsForEnd)).map(indexOf))
  const free: number[] = []
  for (let index = 0; index < (completions ?? 0) && free.length < missing; index++) {
    if (!taken.has(index) && !completedIndexes.has(index) && !failedIndexes.has(index)) free.push(index)
  }
  if (backoffLimitPerIndex === undefined) return { create: free, remove: [], createInMs: waitMs }
  const waits = new Map(free.map(index => [index, Math.max(0, backoffEndsMs(job, owned.filter(pod => indexOf(pod) === index)) - nowMs)])) // JB6
  const now = free.filter(index => waits.get(index) === 0)
  return now.length > 0 ? { create: now, remove: [], createInMs: 0 } : { create: free, remove: [], createInMs: Math.min(...waits.values(), longestBackoffMs) }
}

export interface IndexFailures {
  readonly counted: number
  readonly ignored: number
}

/** What the next Pod of an index says of those before it: the last of them knew of the others. */
export function failuresOfIndex(job: Job, index: number, owned: readonly Pod[]): IndexFailures {
  const read = (pod: Pod, name: string): number => Number(pod.metadata.annotations?.[name] ?? '0')
  const failed = owned.filter(pod => indexOf(pod) === index && hasFailed(job, pod)).map(pod => {
    const isIgnored = judgeFailure(job.spec.podFailurePolicy, pod).action === 'Ignore'
    return { counted: read(pod, indexFailuresAnnotation) + Number(!isIgnored), ignored: read(pod, indexIgnoredAnnotation) + Number(isIgnored) }
  })
  return { counted: Math.max(0, ...failed.map(({ counted }) => counted)), ignored: Math.max(0, ...failed.map(({ ignored }) => ignored)) }
}

/** When the next Pod may be made, from the Pods that failed after the last success. */
function backoffEndsMs(job: Job, owned: readonly Pod[]): number { // JB6
  const ends = (pod: Pod): number => (isFinished(pod) || !isDeleting(pod) ? endMs(pod) : Date.parse(pod.metadata.deletionTimestamp!) - (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1_000)
  const endMs = (pod: Pod): number => Math.max(0, ...[...(pod.status.containerStatuses ?? [])].map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0), Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0, Date.parse(pod.metadata.creationTimestamp) || 0)
  const lastSuccess = Math.max(0, ...owned.filter(pod => pod.status.phase === 'Succeeded').map(ends))
  const failures = owned.filter(pod => hasFailed(job, pod) && !isStoppedByUs(pod)).map(ends).filter(at => at > lastSuccess)
  if (failures.length === 0) return 0
  return Math.max(...failures) + Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failures.length - 1))
}

