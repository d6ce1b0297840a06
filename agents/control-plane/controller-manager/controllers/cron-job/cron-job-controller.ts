/**
 * CronJob controller: makes Jobs at scheduled times.
 *
 * Reads   CronJobs, Jobs          Writes   Jobs (create, delete), CronJob status
 * Woken   by the CronJob, its Jobs, and the next scheduled time
 *
 *   CJ1  A scheduled time makes one Job, named after the CronJob and the time in minutes: made twice, the second is refused. It
 *        carries the time, in the CronJob's time zone.
 *   CJ2  Of several missed times only the last is made up for, and only within startingDeadlineSeconds.
 *   CJ3  concurrencyPolicy: Allow runs side by side, Forbid skips while one runs, Replace ends those that run.
 *   CJ4  Finished Jobs beyond the history limits are deleted, oldest first.
 *   CJ5  A suspended CronJob makes none; a schedule that cannot be read or never comes, or a time zone nobody knows, is told as an event.
 *   CJ6  A Job that ended, or went missing, leaves status.active with an event. A Job that somebody else made in our name is
 *        told of and never active.
 */
import type { CronJob, CronJobStatus, Job } from '../../../../api/groups/batch-v1/types.ts'
import type { ObjectReference } from '../../../../api/groups/core-v1/types.ts'
import { cronJobs, jobs } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { errorText } from '../../../../base/log.ts'
import { compareCronJob } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { hasCause, isAlreadyExists, isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import type { Schedule } from './schedule.ts'
import { localTimeText, readSchedule } from './schedule.ts'

const scheduledAtAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
const mostMissed = 100

export const cronJobController: Controller = { name: 'cronjob-controller', reconciles: cronJobs, alsoWokenBy: [jobs], rehearse: 'reconcile', compare: compareCronJob, reconcile }

const outcomeOf = (job: Job): 'Complete' | 'Failed' | undefined => job.status.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')?.type as 'Complete' | 'Failed' | undefined

/** Made by us: also one whose making we did not live to note down. */
const isScheduled = (job: Job): boolean => job.metadata.annotations?.[scheduledAtAnnotation] !== undefined

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const cron = deps.cache.get(cronJobs, key)
  if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return done
  const owned = deps.cache.ownedBy(jobs, cron.metadata.uid)
  tellEnds(cron, owned, deps)
  await trim(cron, owned, deps, signal)
  let schedule: Schedule
  try {
    schedule = readSchedule(cron.spec.schedule, cron.spec.timeZone)
  } catch (error) {
    if (isUnknownZone(cron.spec.timeZone)) deps.events.event(cron, 'Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(cron.spec.timeZone)}: unknown time zone ${cron.spec.timeZone}`) // CJ5
    else deps.events.event(cron, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(cron.spec.schedule)} : ${errorText(error)}`)
    await writeStatus(cron, statusOf(cron, owned), deps, signal)
    return done
  }
  const nowMs = deps.clock.now()
  const due = cron.spec.suspend === true ? undefined : lastDue(cron, schedule, nowMs, deps)
  const made = due === undefined ? undefined : await runAt(cron, due, owned, deps, signal)
  const running = made === undefined ? owned : [...owned.filter(job => job.metadata.uid !== made.job?.metadata.uid && !made.ended.includes(job)), ...(made.job === undefined ? [] : [made.job])]
  await writeStatus(cron, { ...statusOf(cron, running), ...(made?.counts === true ? { lastScheduleTime: timeText(due!) } : {}) }, deps, signal)
  const next = cron.spec.suspend === true ? undefined : schedule.next(nowMs)
  if (next === undefined && cron.spec.suspend !== true) deps.events.event(cron, 'Warning', 'InvalidSchedule', `invalid schedule: ${cron.spec.schedule} : time difference between two schedules is less than 1 second`) // CJ5
  return next === undefined ? done : again(next - nowMs + 100)
}

function isUnknownZone(timeZone: string | undefined): boolean {
  if (timeZone === undefined) return false
  try {
    readSchedule('@hourly', timeZone)
    return false
  } catch {
    return true
  }
}

/** CJ6 */
function tellEnds(cron: CronJob, owned: readonly Job[], { events }: ReconcileDeps): void {
  for (const { uid, name } of cron.status.active ?? []) {
    const job = owned.find(({ metadata }) => metadata.uid === uid)
    const outcome = job === undefined ? undefined : outcomeOf(job)
    if (job === undefined) events.event(cron, 'Normal', 'MissingJob', `Active job went missing: ${name}`)
    else if (outcome !== undefined) events.event(cron, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${outcome}`)
  }
  for (const job of owned) if (outcomeOf(job) === undefined && !isScheduled(job)) events.event(cron, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`)
}

/** The last time that should have been run and was not (CJ2). */
export function lastDue(cron: CronJob, schedule: Schedule, nowMs: number, { events }: Pick<ReconcileDeps, 'events'>): number | undefined {
  const since = Math.max(Date.parse(cron.status.lastScheduleTime ?? cron.metadata.creationTimestamp), cron.spec.startingDeadlineSeconds === undefined ? 0 : nowMs - cron.spec.startingDeadlineSeconds * 1_000)
  let last: number | undefined
  let missed = 0
  for (let at = schedule.next(since); at !== undefined && at <= nowMs; at = schedule.next(at)) {
    last = at
    if (++missed === mostMissed + 1) events.event(cron, 'Warning', 'TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew')
    if (missed > 10_000) break
  }
  return last
}

interface Made {
  readonly job: Job | undefined
  readonly ended: readonly Job[]
  /** The time is dealt with. */
  readonly counts: boolean
}

async function runAt(cron: CronJob, dueMs: number, owned: readonly Job[], deps: ReconcileDeps, signal: AbortSignal): Promise<Made> {
  const { client, events } = deps
  const active = owned.filter(job => outcomeOf(job) === undefined && isScheduled(job))
  if (cron.spec.concurrencyPolicy === 'Forbid' && active.length > 0) { // CJ3
    events.event(cron, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid')
    return { job: undefined, ended: [], counts: false }
  }
  const ended = cron.spec.concurrencyPolicy === 'Replace' ? active : []
  for (const job of ended) await remove(cron, job, deps, signal)
  const { name, namespace = '' } = cron.metadata
  const { metadata = {}, spec = { template: {} } } = cron.spec.jobTemplate
  try {
    const job = await client.create(jobs, {
      metadata: {
        namespace, name: `${name}-${Math.floor(dueMs / 60_000)}`, // CJ1
        ...(metadata.labels === undefined ? {} : { labels: { ...metadata.labels } }), annotations: { ...metadata.annotations, [scheduledAtAnnotation]: localTimeText(dueMs, cron.spec.timeZone) },
        ownerReferences: [controllerReference(cronJobs, cron)],
      },
      spec: structuredClone(spec),
    }, {}, signal)
    events.event(cron, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`)
    deps.log.info('scheduled job made', { cronJob: name, namespace, job: job.metadata.name })
    return { job, ended, counts: true }
  } catch (error) {
    if (isAlreadyExists(error)) return { job: undefined, ended, counts: true }
    if (hasCause(error, 'NamespaceTerminating')) return { job: undefined, ended, counts: false }
    events.event(cron, 'Warning', 'FailedCreate', `Error creating job: ${errorText(error)}`)
    throw error
  }
}

async function trim(cron: CronJob, owned: readonly Job[], deps: ReconcileDeps, signal: AbortSignal): Promise<void> { // CJ4
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cron.spec
  for (const [outcome, limit] of [['Complete', successfulJobsHistoryLimit], ['Failed', failedJobsHistoryLimit]] as const) {
    const finished = owned.filter(job => outcomeOf(job) === outcome && job.metadata.deletionTimestamp === undefined).sort((a, b) => ((a.status.startTime ?? '') < (b.status.startTime ?? '') ? -1 : 1))
    for (const job of finished.slice(0, Math.max(0, finished.length - limit))) await remove(cron, job, deps, signal)
  }
}

async function remove(cron: CronJob, job: Job, { client, events }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  try {
    await client.delete(jobs, keyOf(job), { propagationPolicy: 'Background', preconditions: { uid: job.metadata.uid } }, signal)
    events.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

function statusOf(cron: CronJob, owned: readonly Job[]): CronJobStatus {
  const active = owned.filter(job => outcomeOf(job) === undefined && isScheduled(job)).map((job): ObjectReference => ({ kind: 'Job', apiVersion: 'batch/v1', name: job.metadata.name, namespace: job.metadata.namespace ?? '', uid: job.metadata.uid, resourceVersion: job.metadata.resourceVersion }))
  const known = new Map((cron.status.active ?? []).map(reference => [reference.uid, reference]))
  const lastSuccess = owned.filter(job => outcomeOf(job) === 'Complete').map(job => job.status.completionTime ?? '').sort().at(-1)
  const { active: _, ...rest } = cron.status
  return {
    ...rest,
    ...(active.length === 0 ? {} : { active: active.map(reference => known.get(reference.uid) ?? reference) }),
    ...(lastSuccess === undefined || lastSuccess <= (cron.status.lastSuccessfulTime ?? '') ? {} : { lastSuccessfulTime: lastSuccess }),
  }
}

async function writeStatus(cron: CronJob, status: CronJobStatus, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  if (isEqualJson(status, cron.status)) return
  await deps.client.update(cronJobs, { ...cron, status }, { subresource: 'status' }, signal)
}
