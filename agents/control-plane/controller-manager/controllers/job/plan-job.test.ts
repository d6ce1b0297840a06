import { describe, expect, it } from 'vitest'
import type { Job, JobSpec, JobStatus } from '../../../../api/groups/batch-v1/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { indexAnnotation, planJob, trackingFinalizer } from './plan-job.ts'

const jobOf = (spec: Partial<JobSpec> = {}, status: JobStatus = {}) => ({ metadata: { name: 'work' }, spec, status }) as unknown as Job
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
})
