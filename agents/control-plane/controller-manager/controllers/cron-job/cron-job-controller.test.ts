import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { CronJobSpec } from '../../../../api/groups/batch-v1/types.ts'
import { cronJobs, events, jobs } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { ttlAfterFinishedController } from '../ttl-after-finished/ttl-after-finished-controller.ts'
import { cronJobController } from './cron-job-controller.ts'
import { readSchedule } from './schedule.ts'

const next = (schedule: string, after: string, zone?: string) => {
  const at = readSchedule(schedule, zone).next(Date.parse(after))
  return at === undefined ? undefined : timeText(at)
}

describe('schedules', () => {
  it.each([
    ['*/15 * * * *', '2026-01-01T00:01:00Z', '2026-01-01T00:15:00Z'],
    ['0 0 * * *', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['30 9-17/4 * * MON-FRI', '2026-01-02T17:30:00Z', '2026-01-05T09:30:00Z'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 12 * * 7', '2026-01-01T00:00:00Z', '2026-01-04T12:00:00Z'],
    ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'],
  ])('CS1: %s after %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected)
  })

  it('CS2: the 13th or a Friday, whichever comes first', () => {
    expect(next('0 0 13 * *', '2026-01-01T00:00:00Z')).toBe('2026-01-13T00:00:00Z')
    expect(next('0 0 13 * 5', '2026-01-01T00:00:00Z')).toBe('2026-01-02T00:00:00Z')
    expect(next('0 0 13 * 5', '2026-01-10T00:00:00Z')).toBe('2026-01-13T00:00:00Z')
  })

  it('CS3: local time; a skipped time does not happen, a repeated one happens twice', () => {
    expect(next('0 9 * * *', '2026-01-01T00:00:00Z', 'Asia/Taipei')).toBe('2026-01-01T01:00:00Z')
    expect(next('30 2 * * *', '2026-03-29T00:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:30:00Z')
    expect(next('30 2 * * *', '2026-10-24T22:30:00Z', 'Europe/Berlin')).toBe('2026-10-25T00:30:00Z')
    expect(next('30 2 * * *', '2026-10-25T00:30:00Z', 'Europe/Berlin')).toBe('2026-10-25T01:30:00Z')
    expect(next('30 2 * * *', '2026-10-25T01:30:00Z', 'Europe/Berlin')).toBe('2026-10-26T01:30:00Z')
    expect(next('0,30 2 * * *', '2026-10-25T00:00:00Z', 'Europe/Berlin')).toBe('2026-10-25T00:30:00Z')
    expect(next('0,30 2 * * *', '2026-10-25T00:30:00Z', 'Europe/Berlin')).toBe('2026-10-25T01:00:00Z')
    expect(next('0 * * * *', '2012-11-04T05:00:00Z', 'America/New_York')).toBe('2012-11-04T06:00:00Z')
  })

  it('CS5: every so often, from the time before', () => {
    expect(next('@every 1h30m', '2026-01-01T00:10:20Z')).toBe('2026-01-01T01:40:20Z')
    expect(() => readSchedule('@every 5')).toThrow('"5" is no duration of a second or more')
  })

  it.each(['* * * *', '60 * * * *', '*/0 * * * *', 'a * * * *', '5-1 * * * *', '@often'])('CS4: refuses %j', schedule => {
    expect(() => readSchedule(schedule)).toThrow()
  })

  it('CS4: refuses a zone nobody knows', () => {
    expect(() => readSchedule('* * * * *', 'Mars/Phobos')).toThrow()
  })
})

describe('cron job controller', () => {
  const at = { namespace: 'default', name: 'tick' }
  let scene: ControllerScene
  beforeEach(async () => {
    scene = createControllerScene()
    await scene.start(cronJobController, ttlAfterFinishedController)
  })
  afterEach(() => scene[Symbol.asyncDispose]())

  async function create(spec: Partial<CronJobSpec> = {}) {
    await scene.settle(1_000)
    await scene.cluster.create(cronJobs, { metadata: at, spec: { schedule: '*/1 * * * *', jobTemplate: { spec: { template: { spec: { containers: [] } } } }, ...spec } })
    await scene.settle()
  }
  async function minutes(count: number) {
    for (let minute = 0; minute < count; minute++) await scene.settle(60_000)
  }
  const running = () => scene.cluster.all(jobs).filter(job => job.status.conditions === undefined).length
  async function finish() {
    for (const job of scene.cluster.all(jobs)) if (job.status.conditions === undefined) scene.cluster.put(jobs, { ...job, status: { startTime: job.metadata.creationTimestamp, completionTime: timeText(scene.clock.now()), conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: timeText(scene.clock.now()) }] } })
    await scene.settle()
  }

  it('CJ1: makes one Job a scheduled time, and remembers when', async () => {
    await create()
    await minutes(3)
    expect(scene.cluster.all(jobs)).toHaveLength(3)
    expect(scene.cluster.all(jobs)[0]!.metadata).toMatchObject({ name: `tick-${Date.UTC(2026, 0, 1, 0, 1) / 60_000}`, ownerReferences: [{ kind: 'CronJob', name: 'tick' }] })
    const { status } = scene.cluster.peek(cronJobs, at)!
    expect(status.lastScheduleTime).toBe('2026-01-01T00:03:00Z')
    expect(status.active).toHaveLength(3)
  })

  it('CJ1: the Job carries its time in the time zone of the CronJob', async () => {
    await create({ timeZone: 'Asia/Taipei' })
    await minutes(1)
    expect(scene.cluster.all(jobs)[0]!.metadata.annotations).toEqual({ 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T08:01:00+08:00' })
  })

  it('CJ5: a schedule that never comes is told', async () => {
    await create({ schedule: '0 0 31 2 *' })
    await scene.settle(1_000)
    expect(scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)).toEqual(['InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second'])
  })

  it('CJ6: a Job that somebody else made in our name is told of, and never active', async () => {
    await create({ suspend: true })
    scene.cluster.put(jobs, { metadata: { namespace: 'default', name: 'manual', ownerReferences: [controllerReference(cronJobs, scene.cluster.peek(cronJobs, at)!)] }, spec: { template: {} } })
    await scene.settle(1_000)
    expect(scene.cluster.peek(cronJobs, at)!.status.active).toBeUndefined()
    expect(scene.cluster.all(events).map(({ reason }) => reason)).toContain('UnexpectedJob')
  })

  it('CJ3: Forbid waits for the one that runs, Replace ends it', async () => {
    await create({ concurrencyPolicy: 'Forbid' })
    await minutes(3)
    expect(scene.cluster.all(jobs)).toHaveLength(1)
    await scene.cluster.patch(cronJobs, at, { spec: { concurrencyPolicy: 'Replace' } }, { patchType: 'merge' })
    await minutes(2)
    expect(running()).toBe(1)
  })

  it('CJ5, CJ6: tells of zones nobody knows, and of Jobs that ended or went missing', async () => {
    const told = () => scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)
    await create({ timeZone: 'Mars/Phobos' })
    expect(told()).toEqual(['UnknownTimeZone: invalid timeZone: "Mars/Phobos": unknown time zone Mars/Phobos'])
    await scene.cluster.patch(cronJobs, at, { spec: { timeZone: 'UTC' } }, { patchType: 'merge' })
    await minutes(1)
    const [job] = scene.cluster.all(jobs)
    await finish()
    await scene.settle(100)
    expect(told()).toContain(`SawCompletedJob: Saw completed job: ${job!.metadata.name}, condition: Complete`)
    await minutes(1)
    const second = scene.cluster.all(jobs).find(({ status }) => status.conditions === undefined)!
    scene.cluster.vanish(jobs, { namespace: 'default', name: second.metadata.name })
    await scene.settle(100)
    expect(told()).toContain(`MissingJob: Active job went missing: ${second.metadata.name}`)
  })

  it('CJ4: keeps as many finished Jobs as asked', async () => {
    await create({ successfulJobsHistoryLimit: 2 })
    for (let minute = 0; minute < 5; minute++) {
      await minutes(1)
      await finish()
    }
    expect(scene.cluster.all(jobs)).toHaveLength(2)
    expect(scene.cluster.peek(cronJobs, at)!.status.lastSuccessfulTime).toBeDefined()
  })

  it('CJ2, CJ5: suspended it makes none; resumed it makes up for the last time only', async () => {
    await create({ suspend: true })
    await minutes(5)
    expect(scene.cluster.all(jobs)).toEqual([])
    await scene.cluster.patch(cronJobs, at, { spec: { suspend: false } }, { patchType: 'merge' })
    await scene.settle()
    expect(scene.cluster.all(jobs)).toHaveLength(1)
  })

  it('TT1: a finished Job goes when its time to live is over', async () => {
    scene.cluster.put(jobs, { metadata: { namespace: 'default', name: 'done' }, spec: { ttlSecondsAfterFinished: 60, template: {} }, status: { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: timeText(scene.clock.now()) }] } })
    await scene.settle(50_000)
    expect(scene.cluster.peek(jobs, { namespace: 'default', name: 'done' })!.metadata.deletionTimestamp).toBeUndefined()
    await scene.settle(20_000)
    expect(scene.cluster.peek(jobs, { namespace: 'default', name: 'done' })!.metadata.deletionTimestamp).toBeDefined()
  })

  it('TT2: a time to live that was raised a moment ago counts, though the cache does not have it yet', async () => {
    const key = { namespace: 'default', name: 'done' }
    const done = scene.cluster.put(jobs, { metadata: key, spec: { ttlSecondsAfterFinished: 60, template: {} }, status: { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: timeText(scene.clock.now()) }] } })
    await scene.settle()
    using _cut = scene.cluster.onRequest(({ verb, resource }) => (verb === 'watch' && resource === 'jobs.batch' ? new Error('cut') : undefined))
    scene.cluster.breakWatches(new Error('cut'))
    scene.cluster.put(jobs, { ...done, spec: { ...done.spec, ttlSecondsAfterFinished: 3_600 } })
    await scene.settle(70_000)
    expect(scene.cluster.writes.filter(write => write.startsWith('delete jobs'))).toEqual([])
  })
})
