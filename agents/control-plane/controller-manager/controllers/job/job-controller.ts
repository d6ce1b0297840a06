/**
 * Job controller: runs Pods until enough of them have succeeded.
 *
 * Reads   Jobs, Pods          Writes   Pods (create, delete, finalizer), Job status
 * Woken   by the Job, its Pods, orphaned Pods, its deadline and its backoff
 *
 *   JC1  Every Pod carries a finalizer until it is counted. Counting is: put the uids into status.uncountedTerminatedPods,
 *        remove the finalizers, then move the uids into the counts. A crash between any two steps counts nothing twice.
 *   JC2  Pods are planned by plan-job.ts and only when our own writes are back, those of the Job's status too: by an older status
 *        an index that is done would be begun again.
 *   JC3  A finished Job is never changed again, but late Pods lose their finalizer.
 *   JC4  A suspended Job ends its Pods and forgets its start; resumed, it starts anew.
 *   JC5  Jobs with spec.managedBy of somebody else are left alone.
 */
import type { Job, JobCondition, JobStatus } from '../../../../api/groups/batch-v1/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { jobs, pods } from '../../../../api/resources.ts'
import type { Draft } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { errorText } from '../../../../base/log.ts'
import { compareJob } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { hasCause, isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { applyClaim, planClaim } from '../../pods/claim.ts'
import { claimable, orphansWake } from '../../pods/orphans.ts'
import { podFromTemplate } from '../../pods/pod-from-template.ts'
import { slowStart } from '../../pods/slow-start.ts'
import { judgeFailure } from './failure-policy.ts'
import { indexesText } from './indexes.ts'
import type { JobPlan } from './plan-job.ts'
import { conditionOf, failuresOfIndex, indexAnnotation, indexOf, indexFailuresAnnotation, indexIgnoredAnnotation, isIndexed, isJobFinished, planJob, trackingFinalizer } from './plan-job.ts'

/** The event of our write wakes us before; this is for one that is lost. */
const ownWriteMs = 5_000

export const jobController: Controller = {
  name: 'job-controller',
  reconciles: jobs,
  alsoWokenBy: [pods, orphansWake(pods, jobs, job => job.spec.selector)],
  rehearse: 'reconcile',
  compare: compareJob,
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const job = deps.cache.get(jobs, key)
  if (job === undefined || (job.spec.managedBy !== undefined && job.spec.managedBy !== 'kubernetes.io/job-controller')) return done // JC5
  if (!deps.expectations.isCurrent(job)) return again(ownWriteMs) // JC2
  const mayAct = deps.expectations.settled(job.metadata.uid)
  const owned = job.spec.selector === undefined ? [] : await applyClaim(planClaim(job, job.spec.selector, claimable(deps.cache, pods, job), pod => pod.metadata.deletionTimestamp === undefined), { client: deps.client, ownerType: jobs, owner: job, type: pods }, signal)
  if (isJobFinished(job) || job.metadata.deletionTimestamp !== undefined) { // JC3
    await dropFinalizers(owned, deps, signal)
    return done
  }
  const started = await start(job, deps, signal)
  const plan = planJob(started, owned, deps.clock.now())
  const failure = mayAct ? await applyPods(started, plan, owned, deps, signal) : undefined // JC2
  // Nothing is left over before all that run are stopped.
  const counted = await count(started, mayAct && failure === undefined ? plan : { ...plan, verdict: undefined, leftOver: [] }, owned, deps, signal)
  if (failure !== undefined) throw failure
  return comeBack(counted, plan, deps)
}

function comeBack(job: Job, plan: JobPlan, { clock }: ReconcileDeps): Outcome {
  if (isJobFinished(job)) return done
  const deadlineMs = job.spec.activeDeadlineSeconds === undefined || job.status.startTime === undefined || job.spec.suspend === true ? undefined : Date.parse(job.status.startTime) + job.spec.activeDeadlineSeconds * 1_000 - clock.now()
  const waits = [deadlineMs, plan.create.length > 0 && plan.createInMs > 0 ? plan.createInMs : undefined].filter((ms): ms is number => ms !== undefined && ms > 0)
  return waits.length === 0 ? done : again(Math.min(...waits) + 50)
}

/** Sets startTime and the Suspended condition (JC4). */
async function start(job: Job, deps: ReconcileDeps, signal: AbortSignal): Promise<Job> {
  const now = timeText(deps.clock.now())
  const suspended = job.status.conditions?.find(({ type }) => type === 'Suspended')
  const conditions = (job.status.conditions ?? []).filter(({ type }) => type !== 'Suspended')
  let status: JobStatus | undefined
  if (job.spec.suspend === true && suspended?.status !== 'True') {
    const { startTime: _, ...rest } = job.status
    status = { ready: 0, terminating: 0, uncountedTerminatedPods: {}, ...rest, conditions: [...conditions, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended', lastProbeTime: now, lastTransitionTime: now }] }
    deps.events.event(job, 'Normal', 'Suspended', 'Job suspended')
  } else if (job.spec.suspend !== true && (job.status.startTime === undefined || suspended?.status === 'True')) {
    status = { ...job.status, startTime: now, ...(suspended === undefined ? {} : { conditions: [...conditions, { ...suspended, status: 'False', reason: 'JobResumed', message: 'Job resumed', lastProbeTime: now, lastTransitionTime: now }] }) }
    if (suspended !== undefined) deps.events.event(job, 'Normal', 'Resumed', 'Job resumed')
  }
  return status === undefined ? job : update(job, status, deps, signal)
}

async function applyPods(job: Job, plan: JobPlan, owned: readonly Pod[], deps: ReconcileDeps, signal: AbortSignal): Promise<unknown> {
  const { client, events, expectations } = deps
  const { uid, namespace = '' } = job.metadata
  const indexes = plan.createInMs > 0 ? [] : [...plan.create]
  if (indexes.length + plan.remove.length === 0) return undefined
  expectations.expect(uid, indexes.length, plan.remove.map(pod => pod.metadata.uid))
  const failures: unknown[] = []
  const isOver = plan.verdict !== undefined || conditionOf(job, 'SuccessCriteriaMet') !== undefined || conditionOf(job, 'FailureTarget') !== undefined
  for (const pod of plan.remove) {
    try {
      if (!isOver) await dropFinalizers([pod], deps, signal) // plan-job JB5
      await client.delete(pods, keyOf(pod), { preconditions: { uid: pod.metadata.uid } }, signal)
      events.event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
    } catch (error) {
      expectations.forgoDelete(uid, pod.metadata.uid)
      if (!isNotFound(error)) failures.push(error)
    }
  }
  const created = await slowStart(indexes.length, async () => {
    const pod = await client.create(pods, podOf(job, indexes.shift(), owned), { namespace }, signal)
    events.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  })
  expectations.forgoCreates(uid, created.failures.length + created.skipped)
  failures.push(...created.failures.filter(failure => !hasCause(failure, 'NamespaceTerminating')))
  for (const failure of created.failures.slice(0, 1)) events.event(job, 'Warning', 'FailedCreate', `Error creating: ${errorText(failure)}`)
  return failures[0]
}

function podOf(job: Job, index: number | undefined, owned: readonly Pod[]): Draft<Pod> {
  const { name: jobName, namespace = '' } = job.metadata
  const generateName = index === undefined ? undefined : `${jobName.slice(0, 63 - 5 - `-${index}-`.length)}-${index}-`
  const draft = podFromTemplate(job.spec.template, controllerReference(jobs, job), namespace, generateName === undefined ? {} : { generateName })
  const finalizers = [...(draft.metadata.finalizers ?? []), trackingFinalizer]
  if (index === undefined) return { ...draft, metadata: { ...draft.metadata, finalizers } }
  const failures = failuresOfIndex(job, index, owned)
  const env = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } } }
  const withIndex = <C extends { env?: { name: string }[] }>(container: C): C => (container.env?.some(({ name: known }) => known === env.name) === true ? container : { ...container, env: [...(container.env ?? []), env] })
  const { initContainers, containers, ...spec } = draft.spec
  return {
    ...draft,
    metadata: {
      ...draft.metadata, finalizers, labels: { ...draft.metadata.labels, [indexAnnotation]: String(index) },
      annotations: { ...draft.metadata.annotations, [indexAnnotation]: String(index), ...(job.spec.backoffLimitPerIndex === undefined ? {} : { [indexFailuresAnnotation]: String(failures.counted), ...(failures.ignored === 0 ? {} : { [indexIgnoredAnnotation]: String(failures.ignored) }) }) },
    },
    spec: { ...spec, hostname: spec.hostname ?? `${jobName}-${index}`, containers: containers.map(withIndex), ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndex) }) },
  }
}

/** JC1: the three steps, each written before the next begins. */
async function count(job: Job, plan: JobPlan, owned: readonly Pod[], deps: ReconcileDeps, signal: AbortSignal): Promise<Job> {
  const uids = (list: readonly Pod[]): string[] => list.map(pod => pod.metadata.uid)
  const before = job.status.uncountedTerminatedPods
  const fails = (conditionOf(job, 'SuccessCriteriaMet') ?? conditionOf(job, 'FailureTarget') ?? plan.verdict)?.type === 'FailureTarget'
  const lost = fails ? plan.leftOver.filter(pod => judgeFailure(job.spec.podFailurePolicy, pod).action !== 'Ignore' && (!isIndexed(job) || (indexOf(pod) ?? Infinity) < (job.spec.completions ?? 0))) : [] // plan-job JB8
  const first = { succeeded: [...(before?.succeeded ?? []), ...uids(plan.newlySucceeded)], failed: [...(before?.failed ?? []), ...uids(plan.newlyFailed), ...uids(lost)] }
  const verdicts = verdictConditions(job, plan, deps)
  let current = await writeStatus(job, { ...countsOf(job, plan), ...uncountedOf(first), ...verdicts }, deps, signal)

  await dropFinalizers([...plan.newlySucceeded, ...plan.newlyFailed, ...plan.uncounted, ...plan.leftOver, ...owned.filter(pod => first.succeeded.includes(pod.metadata.uid) || first.failed.includes(pod.metadata.uid))], deps, signal)
  if (first.succeeded.length + first.failed.length > 0) {
    current = await writeStatus(current, {
      ...current.status, ...uncountedOf({ succeeded: [], failed: [] }),
      succeeded: isIndexed(job) ? plan.completedIndexes.size : (current.status.succeeded ?? 0) + first.succeeded.length, failed: (current.status.failed ?? 0) + first.failed.length,
    }, deps, signal)
  }
  return finish(current, plan, deps, signal)
}

function countsOf(job: Job, plan: JobPlan): JobStatus {
  return {
    ...job.status, active: plan.active.length, ready: plan.ready, terminating: plan.terminating,
    ...(isIndexed(job) ? { completedIndexes: indexesText(plan.completedIndexes), ...(job.spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: indexesText(plan.failedIndexes) }) } : {}),
  }
}

function uncountedOf({ succeeded, failed }: { readonly succeeded: string[]; readonly failed: string[] }): Pick<JobStatus, 'uncountedTerminatedPods'> {
  return { uncountedTerminatedPods: { ...(succeeded.length === 0 ? {} : { succeeded }), ...(failed.length === 0 ? {} : { failed }) } }
}

function verdictConditions(job: Job, { verdict }: JobPlan, { clock }: ReconcileDeps): Pick<JobStatus, 'conditions'> {
  if (verdict === undefined || conditionOf(job, 'SuccessCriteriaMet') !== undefined || conditionOf(job, 'FailureTarget') !== undefined) return {}
  const now = timeText(clock.now())
  return { conditions: [...(job.status.conditions ?? []), { ...verdict, status: 'True', lastProbeTime: now, lastTransitionTime: now }] }
}

/** Complete or Failed, once nothing is left that runs or is not counted (plan-job JB4). */
async function finish(job: Job, plan: JobPlan, deps: ReconcileDeps, signal: AbortSignal): Promise<Job> {
  const target = conditionOf(job, 'SuccessCriteriaMet') ?? conditionOf(job, 'FailureTarget')
  if (target === undefined || plan.active.length + plan.terminating > 0) return job
  const now = timeText(deps.clock.now())
  const isComplete = target.type === 'SuccessCriteriaMet'
  const condition: JobCondition = { type: isComplete ? 'Complete' : 'Failed', status: 'True', lastProbeTime: now, lastTransitionTime: now, ...(target.reason === undefined ? {} : { reason: target.reason }), ...(target.message === undefined ? {} : { message: target.message }) }
  if (isComplete) deps.events.event(job, 'Normal', 'Completed', 'Job completed')
  else deps.events.event(job, 'Warning', target.reason ?? 'Failed', target.message ?? '')
  deps.log.info('job finished', { job: job.metadata.name, namespace: job.metadata.namespace, outcome: condition.type, reason: target.reason })
  return writeStatus(job, { ...job.status, active: 0, ready: 0, terminating: 0, conditions: [...(job.status.conditions ?? []), condition], ...(isComplete ? { completionTime: now } : {}) }, deps, signal)
}

async function writeStatus(job: Job, status: JobStatus, deps: ReconcileDeps, signal: AbortSignal): Promise<Job> {
  const plain = ({ uncountedTerminatedPods, ...rest }: JobStatus): unknown => ({ ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== 0 && value !== '')), uncounted: uncountedTerminatedPods ?? {} })
  if (isEqualJson(plain(status), plain(job.status))) return job
  return update(job, status, deps, signal)
}

async function update(job: Job, status: JobStatus, { client, expectations }: ReconcileDeps, signal: AbortSignal): Promise<Job> {
  const written = await client.update(jobs, { ...job, status }, { subresource: 'status' }, signal)
  expectations.wrote(written)
  return written
}

async function dropFinalizers(list: readonly Pod[], deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const held = new Map(list.filter(pod => pod.metadata.finalizers?.includes(trackingFinalizer) === true).map(pod => [pod.metadata.uid, pod]))
  await Promise.all([...held.values()].map(async pod => {
    try {
      await deps.client.patch(pods, keyOf(pod), { metadata: { uid: pod.metadata.uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } }, { patchType: 'strategic' }, signal)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }))
}
