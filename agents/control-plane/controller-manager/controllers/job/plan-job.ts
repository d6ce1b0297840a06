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
 *        Job keeps none.
 *   JB6  After failures new Pods wait: 10 s, doubling with each failure since the last success, up to 10 minutes; with
 *        backoffLimitPerIndex each index waits for its own failures, and no index for another.
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
  readonly createInMs: number
}

export function planJob(job: Job, owned: readonly Pod[], nowMs: number): JobPlan {
  const uncountedUids = { succeeded: new Set(job.status.uncountedTerminatedPods?.succeeded), failed: new Set(job.status.uncountedTerminatedPods?.failed) }
  const tracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) === true
  const known = (pod: Pod): boolean => uncountedUids.succeeded.has(pod.metadata.uid) || uncountedUids.failed.has(pod.metadata.uid)
  const finished = owned.filter(pod => tracked(pod) && !known(pod) && (isFinished(pod) || (isDeleting(pod) && pod.status.phase === 'Pending' && (pod.spec.nodeName ?? '') === '')))
  const active = owned.filter(pod => !isFinished(pod) && !isDeleting(pod))
  const terminating = owned.filter(pod => isDeleting(pod) && !isFinished(pod)).length

  const completedIndexes = readIndexes(job.status.completedIndexes, job.spec.completions)
  const failedIndexes = readIndexes(job.status.failedIndexes, job.spec.completions)
  const newlySucceeded = finished.filter(pod => pod.status.phase === 'Succeeded' && !(isIndexed(job) && completedIndexes.has(indexOf(pod) ?? -1)))
  const verdicts = new Map(finished.filter(pod => pod.status.phase !== 'Succeeded').map(pod => [pod, judgeFailure(job.spec.podFailurePolicy, pod)]))
  const newlyFailed = [...verdicts].filter(([, { action }]) => action !== 'Ignore').map(([pod]) => pod)
  const uncounted = finished.filter(pod => !newlySucceeded.includes(pod) && !newlyFailed.includes(pod))
  if (isIndexed(job)) {
    for (const pod of newlySucceeded) if (isWithin(job, pod)) completedIndexes.add(indexOf(pod)!)
    for (const [pod, { action }] of verdicts) if (action === 'FailIndex' || (action !== 'Ignore' && isIndexSpent(job, pod))) if (isWithin(job, pod)) failedIndexes.add(indexOf(pod)!)
    for (const index of completedIndexes) failedIndexes.delete(index)
  }
  const succeeded = isIndexed(job) ? completedIndexes.size : (job.status.succeeded ?? 0) + uncountedUids.succeeded.size + newlySucceeded.length
  const failed = (job.status.failed ?? 0) + uncountedUids.failed.size + newlyFailed.length
  const failJob = [...verdicts.values()].find(({ action }) => action === 'FailJob')
  const counts = { active, succeeded, failed, completedIndexes, failedIndexes, failJob: failJob?.message }
  const verdict = verdictOf(job, counts, nowMs)
  const next = verdict === undefined && conditionOf(job, 'SuccessCriteriaMet') === undefined && conditionOf(job, 'FailureTarget') === undefined && job.spec.suspend !== true
    ? planPods(job, owned, { ...counts, terminating }, nowMs)
    : { create: [], remove: active, createInMs: 0 } // JB4
  return { active, ready: active.filter(isReady).length, terminating, newlySucceeded, newlyFailed, uncounted, succeeded, failed, completedIndexes, failedIndexes, verdict, ...next }
}

interface Counts {
  readonly active: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  readonly completedIndexes: ReadonlySet<number>
  readonly failedIndexes: ReadonlySet<number>
  readonly failJob: string | undefined
}

function verdictOf(job: Job, { active, succeeded, failed, completedIndexes, failedIndexes, failJob }: Counts, nowMs: number): Verdict | undefined {
  const { completions, backoffLimit = 6, activeDeadlineSeconds, maxFailedIndexes, backoffLimitPerIndex, successPolicy } = job.spec
  const fail = (reason: string, message: string): Verdict => ({ type: 'FailureTarget', reason, message })
  if (failJob !== undefined) return fail('PodFailurePolicy', failJob) // JB3
  if (backoffLimitPerIndex === undefined ? failed > backoffLimit : failed > backoffLimit && job.spec.backoffLimit !== undefined) return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  if (activeDeadlineSeconds !== undefined && job.status.startTime !== undefined && job.spec.suspend !== true && nowMs >= Date.parse(job.status.startTime) + activeDeadlineSeconds * 1_000) return fail('DeadlineExceeded', 'Job was active longer than specified deadline')
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) return fail('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  const allIndexesEnded = isIndexed(job) && completions !== undefined && completedIndexes.size + failedIndexes.size >= completions
  if (allIndexesEnded && failedIndexes.size > 0) return fail('FailedIndexes', 'Job has failed indexes')
  if (isIndexed(job) && successPolicy?.rules.some(rule => isRuleMet(rule, completedIndexes)) === true) { // JB7
    const index = successPolicy.rules.findIndex(rule => isRuleMet(rule, completedIndexes))
    return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${index}` }
  }
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
  const running = active.filter(pod => !duplicates.includes(pod))
  if (running.length > wanted) {
    const ordered = [...running].sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || (a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 1))
    return { create: [], remove: [...duplicates, ...ordered.slice(0, running.length - wanted)], createInMs: 0 }
  }
  const waitsForEnd = job.spec.podReplacementPolicy === 'Failed'
  const missing = Math.max(0, wanted - running.length - (waitsForEnd ? terminating : 0))
  if (missing === 0) return { create: [], remove: duplicates, createInMs: 0 }
  const waitMs = Math.max(0, backoffEndsMs(owned) - nowMs)
  const { backoffLimitPerIndex } = job.spec
  if (!isIndexed(job)) return { create: Array.from({ length: missing }, () => undefined), remove: duplicates, createInMs: waitMs }
  const taken = new Set(owned.filter(pod => !isFinished(pod) && (!isDeleting(pod) || waitsForEnd)).map(indexOf))
  const free: number[] = []
  for (let index = 0; index < (completions ?? 0) && free.length < missing; index++) {
    if (!taken.has(index) && !completedIndexes.has(index) && !failedIndexes.has(index)) free.push(index)
  }
  if (backoffLimitPerIndex === undefined) return { create: free, remove: duplicates, createInMs: waitMs }
  const waits = new Map(free.map(index => [index, Math.max(0, backoffEndsMs(owned.filter(pod => indexOf(pod) === index)) - nowMs)])) // JB6
  const now = free.filter(index => waits.get(index) === 0)
  return now.length > 0 ? { create: now, remove: duplicates, createInMs: 0 } : { create: free, remove: duplicates, createInMs: Math.min(...waits.values(), longestBackoffMs) }
}

export interface IndexFailures {
  readonly counted: number
  readonly ignored: number
}

/** What the next Pod of an index says of those before it: the last of them knew of the others. */
export function failuresOfIndex(job: Job, index: number, owned: readonly Pod[]): IndexFailures {
  const read = (pod: Pod, name: string): number => Number(pod.metadata.annotations?.[name] ?? '0')
  const failed = owned.filter(pod => indexOf(pod) === index && pod.status.phase === 'Failed').map(pod => {
    const isIgnored = judgeFailure(job.spec.podFailurePolicy, pod).action === 'Ignore'
    return { counted: read(pod, indexFailuresAnnotation) + Number(!isIgnored), ignored: read(pod, indexIgnoredAnnotation) + Number(isIgnored) }
  })
  return { counted: Math.max(0, ...failed.map(({ counted }) => counted)), ignored: Math.max(0, ...failed.map(({ ignored }) => ignored)) }
}

/** When the next Pod may be made, from the Pods that failed after the last success. */
function backoffEndsMs(owned: readonly Pod[]): number { // JB6
  const ends = (pod: Pod): number => Math.max(0, ...[...(pod.status.containerStatuses ?? [])].map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0), Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0, Date.parse(pod.metadata.creationTimestamp) || 0)
  const lastSuccess = Math.max(0, ...owned.filter(pod => pod.status.phase === 'Succeeded').map(ends))
  const failures = owned.filter(pod => pod.status.phase === 'Failed').map(ends).filter(at => at > lastSuccess)
  if (failures.length === 0) return 0
  return Math.max(...failures) + Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failures.length - 1))
}

