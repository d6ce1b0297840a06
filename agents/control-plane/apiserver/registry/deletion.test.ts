import { describe, expect, test } from 'vitest'
import { ApiError } from '../http/api-error.ts'
import { checkDeleteOptions, isReleased, planDeletion } from './deletion.ts'
import type { DeletionRules } from './deletion.ts'
import type { KubeObject, Meta } from './kube-object.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const plain: DeletionRules = { gracefulDeletion: false, defaultPropagation: 'Background', hasSpecFinalizers: false, marksItself: false }
const graceful: DeletionRules = { ...plain, gracefulDeletion: true }

function pod(meta: Partial<Meta> = {}, spec: object = { nodeName: 'n' }, phase = 'Running'): KubeObject {
  return { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', ...meta }, spec, status: { phase } }
}

describe('deletion', () => {
  test('DL1 a running pod is marked for its grace period', () => {
    const plan = planDeletion(pod({ generation: 1 }), {}, graceful, now)
    expect(plan).toMatchObject({ outcome: 'mark', object: { metadata: { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30, generation: 2 } } })
  })

  test('DL1 a second deletion may shorten the grace, not lengthen it', () => {
    const going = pod({ deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 })
    expect(planDeletion(going, {}, graceful, now).outcome).toBe('already-marked')
    expect(planDeletion(going, { gracePeriodSeconds: 60 }, graceful, now).outcome).toBe('already-marked')
    expect(planDeletion(going, { gracePeriodSeconds: 5 }, graceful, now)).toMatchObject({ outcome: 'mark', object: { metadata: { deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 5 } } })
    expect(planDeletion(going, { gracePeriodSeconds: 0 }, graceful, now).outcome).toBe('remove')
  })

  test.each([
    ['on no node', pod({}, {})],
    ['finished', pod({}, { nodeName: 'n' }, 'Succeeded')],
    ['failed', pod({}, { nodeName: 'n' }, 'Failed')],
  ])('DL6 DL8 a pod that is %s is marked and goes at once', (_why, object) => {
    expect(planDeletion(object, {}, graceful, now)).toMatchObject({ outcome: 'mark-and-remove', object: { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 } } })
  })

  test('DL6 a negative grace means one second', () => {
    expect(planDeletion(pod(), { gracePeriodSeconds: -1 }, graceful, now)).toMatchObject({ object: { metadata: { deletionGracePeriodSeconds: 1 } } })
  })

  test.each([
    [{ propagationPolicy: 'Foreground' }, plain, ['foregroundDeletion']],
    [{ propagationPolicy: 'Orphan' }, plain, ['orphan']],
    [{ orphanDependents: true }, plain, ['orphan']],
    [{}, { ...plain, defaultPropagation: 'Orphan' as const }, ['orphan']],
  ])('DL2 %j leaves the finalizers that the garbage collector works off', (options, rules, finalizers) => {
    const plan = planDeletion(pod(), options, rules, now)
    expect(plan).toMatchObject({ outcome: 'mark', object: { metadata: { finalizers, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 } } })
  })

  test('DL2 Background takes the collector’s finalizers away again', () => {
    expect(planDeletion(pod({ finalizers: ['orphan'] }), { propagationPolicy: 'Background' }, plain, now).outcome).toBe('remove')
  })

  test('DL3 without a policy, a finalizer already there decides', () => {
    expect(planDeletion(pod({ finalizers: ['foregroundDeletion'] }), {}, { ...plain, defaultPropagation: 'Orphan' }, now)).toMatchObject({ object: { metadata: { finalizers: ['foregroundDeletion'] } } })
  })

  test('DL4 an object with finalizers stays until the last one is gone', () => {
    const plan = planDeletion(pod({ finalizers: ['example.com/a'] }), {}, plain, now)
    expect(plan).toMatchObject({ outcome: 'mark', object: { metadata: { finalizers: ['example.com/a'], deletionGracePeriodSeconds: 0 } } })
    const marked = plan.outcome === 'mark' ? plan.object : pod()
    expect(isReleased({ ...marked, metadata: { ...marked.metadata, finalizers: [] } }, marked, plain)).toBe(true)
    expect(isReleased(marked, marked, plain)).toBe(false)
  })

  test('DL4 a namespace is held by the finalizers of its spec and becomes Terminating', () => {
    const namespace: KubeObject = { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'n' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }
    const rules = { ...plain, hasSpecFinalizers: true, marksItself: true }
    const plan = planDeletion(namespace, {}, rules, now)
    expect(plan).toMatchObject({ outcome: 'mark', object: { status: { phase: 'Terminating' } } })
    const marked = plan.outcome === 'mark' ? plan.object : namespace
    expect(marked.metadata.deletionGracePeriodSeconds).toBeUndefined()
    expect(isReleased({ ...marked, spec: { finalizers: [] } }, marked, rules)).toBe(true)
  })

  test('options that contradict each other are refused', () => {
    expect(() => {
      checkDeleteOptions({ orphanDependents: true, propagationPolicy: 'Orphan' })
    }).toThrow(ApiError)
  })
})
