import { describe, expect, it } from 'vitest'
import type { Job, JobSpec, JobStatus } from '../../../../api/groups/batch-v1/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { indexAnnotation, indexFailuresAnnotation, planJob, trackingFinalizer } from './plan-job.ts'

const jobOf = (spec: Partial<JobSpec> = {}, status: JobStatus = {}) => ({ metadata: { name: 'work' }, spec: { template: {}, ...spec }, status }) as unknown as Job
const podOf = (uid: string, phase = 'Running', { tracked = true, index }: { tracked?: boolean; index?: number } = {}) => ({
  metadata: { uid, name: uid, creationTimestamp: '2026-01-01T00:00:00Z', finalizers: tracked ? [trackingFinalizer] : [], ...(index === undefined ? {} : { annotations: { [indexAnnotation]: String(index) } }) },
  spec: { containers: [] }, status: { phase },
}) as unknown as Pod
const plan = (job: Job, ...pods: readonly Pod[]) => planJob(job, pods, Date.parse('2026-01-01T01:00:00Z'))
const verdict = (job: Job, ...pods: readonly Pod[]) => plan(job, ...pods).verdict?.reason

describe('what a Job does next', () => {
  it('JB1: a finished Pod counts while it carries the finalizer, and by its uid until it is moved into the counts', () => {
    const pods = [podOf('new', 'Succeeded'), podOf('noted', 'Succeeded'), podOf('counted', 'Succeeded', { tracked: false }), podOf('lost', 'Failed')]
    const { newlySucceeded, newlyFailed, succeeded, failed } = plan(jobOf({ completions: 9 }, { succeeded: 1, uncountedTerminatedPods: { succeeded: ['noted'] } }), ...pods)
    expect([newlySucceeded.map(({ metadata }) => metadata.uid), newlyFailed.map(({ metadata }) => metadata.uid)]).toEqual([['new'], ['lost']])
    expect([succeeded, failed]).toEqual([3, 1])
  })

  it('JB2: without completions it is done when one has succeeded and none is left', () => {
    expect(verdict(jobOf({ parallelism: 2 }), podOf('a', 'Succeeded'), podOf('b'))).toBeUndefined()
    expect(verdict(jobOf({ parallelism: 2 }), podOf('a', 'Succeeded'), podOf('b', 'Succeeded'))).toBe('CompletionsReached')
  })

  it('JB2: with completions it is done when so many have succeeded, an indexed one when every index has', () => {
    expect(verdict(jobOf({ completions: 2 }), podOf('a', 'Succeeded'))).toBeUndefined()
    expect(verdict(jobOf({ completions: 2 }), podOf('a', 'Succeeded'), podOf('b', 'Succeeded'))).toBe('CompletionsReached')
    const indexed = jobOf({ completions: 2, completionMode: 'Indexed' })
    expect(verdict(indexed, podOf('a', 'Succeeded', { index: 0 }), podOf('b', 'Succeeded', { index: 0 }))).toBeUndefined()
    expect(verdict(indexed, podOf('a', 'Succeeded', { index: 0 }), podOf('b', 'Succeeded', { index: 1 }))).toBe('CompletionsReached')
  })

  it('JB4: once it says what it will be, its Pods end and none is made', () => {
    const failing = plan(jobOf({ completions: 5, parallelism: 3, backoffLimit: 0 }), podOf('a', 'Failed'), podOf('b'))
    expect([failing.verdict?.type, failing.remove.map(({ metadata }) => metadata.uid), failing.create]).toEqual(['FailureTarget', ['b'], []])
    const said = plan(jobOf({ completions: 5, parallelism: 3 }, { conditions: [{ type: 'FailureTarget', status: 'True' }] }), podOf('b'))
    expect([said.remove.map(({ metadata }) => metadata.uid), said.create]).toEqual([['b'], []])
  })

  const uids = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.uid)
  const deleted = (pod: Pod): Pod => ({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:30:00Z' }, spec: { ...pod.spec, nodeName: 'n1' } })

  it('JB8: a Pod that is being deleted has failed, unless its end is waited for', () => {
    expect(uids(plan(jobOf({ completions: 2 }), deleted(podOf('a'))).newlyFailed)).toEqual(['a'])
    const waiting = plan(jobOf({ completions: 2, podReplacementPolicy: 'Failed' }), deleted(podOf('a')))
    expect([uids(waiting.newlyFailed), waiting.terminating, waiting.create.length]).toEqual([[], 1, 0])
  })

  it('JB8: what is left of a Job with a verdict is let go', () => {
    expect(uids(plan(jobOf({ completions: 5, parallelism: 3, backoffLimit: 0 }), podOf('a', 'Failed'), podOf('b')).leftOver)).toEqual(['b'])
    expect(uids(plan(jobOf({ completions: 2 }), podOf('b')).leftOver)).toEqual([])
  })

  it('JB9: restarts of containers count against backoffLimit under OnFailure', () => {
    const restarted = (restartCount: number): Pod => ({ ...podOf('a'), status: { phase: 'Running', containerStatuses: [{ restartCount }] } }) as unknown as Pod
    const job = (backoffLimit: number, restartPolicy = 'OnFailure') => jobOf({ backoffLimit, template: { spec: { restartPolicy, containers: [] } } })
    expect(verdict(job(2), restarted(1))).toBeUndefined()
    expect(verdict(job(2), restarted(2))).toBe('BackoffLimitExceeded')
    expect([verdict(job(0), restarted(0)), verdict(job(0), restarted(1))]).toEqual([undefined, 'BackoffLimitExceeded'])
    expect(verdict(job(2, 'Never'), restarted(9))).toBeUndefined()
  })

  it('JB10: with a limit per index the last failed Pod of an index is counted when its successor is there', () => {
    const job = jobOf({ completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 3 })
    const failure = (uid: string, count: number): Pod => {
      const pod = podOf(uid, 'Failed', { index: 0 })
      return { ...pod, metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, [indexFailuresAnnotation]: String(count) } } }
    }
    expect(uids(plan(job, failure('first', 0), failure('second', 1)).newlyFailed)).toEqual(['first'])
    expect(uids(plan(job, failure('second', 1), podOf('third', 'Running', { index: 0 })).newlyFailed)).toEqual(['second'])
  })
})
