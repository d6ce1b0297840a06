import { describe, expect, test } from 'vitest'
import { computePodActions, type ProbeVerdicts } from './compute-actions.ts'
import { sampleContainer as c, sampleObserved as seen, samplePod } from './sample-pods.ts'

const allStarted: ProbeVerdicts = { liveness: new Set(), startup: new Set(), started: new Set(['main', 'side', 'other', 'i1', 'i2']) }

/** Actions as one line a person can read. */
function plan(pod: ReturnType<typeof samplePod>, observed: ReturnType<typeof seen>, probes: ProbeVerdicts = allStarted): string {
  const actions = computePodActions(pod, observed, probes)
  return [
    actions.killPod ? 'kill-pod' : '',
    actions.createSandbox ? `sandbox#${actions.attempt}` : '',
    ...actions.kill.map(kill => `kill ${kill.container.name} (${kill.reason})`),
    ...actions.start.map(start => `start ${start.spec.name}`),
  ].filter(part => part !== '').join(', ') || 'nothing'
}

const withInit = (restartPolicy = 'Always') => samplePod({ restartPolicy, initContainers: [{ name: 'i1', image: 'web' }, { name: 'side', image: 'web', restartPolicy: 'Always' }, { name: 'i2', image: 'web' }] })

describe('pod actions', () => {
  test('CA1 a new pod gets a sandbox and its containers', () => {
    expect(plan(samplePod(), seen([], []))).toBe('sandbox#0, start main')
  })

  test('CA1 a dead sandbox is replaced and the pod begins again', () => {
    expect(plan(samplePod(), seen([c('main', 'exited')], [{ isReady: false }]))).toBe('kill-pod, sandbox#1, start main')
    expect(plan(withInit(), seen([c('main', 'exited'), c('i1', 'exited')], [{ isReady: false }]))).toBe('kill-pod, sandbox#1, start i1')
  })

  test('CA1 a sandbox without an address is replaced, on the host network it is right', () => {
    expect(plan(samplePod(), seen([c('main', 'running')], [{}], []))).toContain('sandbox#1')
    expect(plan(samplePod({ hostNetwork: true }), seen([c('main', 'running')], [{}], []))).toBe('nothing')
  })

  test('CA1 of two ready sandboxes neither is trusted', () => {
    expect(plan(samplePod(), seen([c('main', 'running')], [{}, {}]))).toBe('kill-pod, sandbox#2, start main')
  })

  test('CA2 what has run and is not to run again gets no sandbox', () => {
    expect(plan(samplePod({ restartPolicy: 'Never' }), seen([c('main', 'exited', { exitCode: 1 })], [{ isReady: false }]))).toBe('kill-pod')
    expect(plan(samplePod({ restartPolicy: 'OnFailure' }), seen([c('main', 'exited')], [{ isReady: false }]))).toBe('kill-pod')
    expect(plan(samplePod({ restartPolicy: 'OnFailure' }), seen([c('main', 'exited', { exitCode: 1 })], [{ isReady: false }]))).toBe('kill-pod, sandbox#1, start main')
  })

  test('CA3 init containers one after another, a sidecar only has to start', () => {
    expect(plan(withInit(), seen([]))).toBe('start i1')
    expect(plan(withInit(), seen([c('i1', 'running')]))).toBe('nothing')
    expect(plan(withInit(), seen([c('i1', 'exited')]))).toBe('start side')
    expect(plan(withInit(), seen([c('i1', 'exited'), c('side', 'running')], [{}]), { ...allStarted, started: new Set() })).toBe('nothing')
    expect(plan(withInit(), seen([c('i1', 'exited'), c('side', 'running')]))).toBe('start i2')
    expect(plan(withInit(), seen([c('i1', 'exited'), c('side', 'running'), c('i2', 'exited')]))).toBe('start main')
  })

  test('CA3 a failed init container is tried again, unless the policy is Never', () => {
    expect(plan(withInit(), seen([c('i1', 'exited', { exitCode: 2 })]))).toBe('start i1')
    expect(plan(withInit('Never'), seen([c('i1', 'exited', { exitCode: 2 })]))).toBe('kill-pod')
  })

  test('CA3 an init container of the sandbox before does not count', () => {
    expect(plan(withInit(), seen([c('i1', 'exited', { sandboxId: 's0' })], [{}, { isReady: false }]))).toBe('start i1')
  })

  test('CA4 once the pod is initialised only sidecars are restarted', () => {
    expect(plan(withInit(), seen([c('main', 'running')]))).toBe('start side')
    expect(plan(withInit(), seen([c('main', 'running'), c('side', 'exited', { exitCode: 1 })]))).toBe('start side')
  })

  test('CA5 exited containers by restartPolicy', () => {
    const results = ['Always', 'OnFailure', 'Never'].flatMap(restartPolicy => [0, 1].map(exitCode => plan(samplePod({ restartPolicy, containers: [{ name: 'main', image: 'web' }, { name: 'other', image: 'web' }] }), seen([c('main', 'exited', { exitCode }), c('other', 'running')]))))
    expect(results).toEqual(['start main', 'start main', 'nothing', 'start main', 'nothing', 'nothing'])
  })

  test('CA6 a changed image, a failed liveness or startup probe replaces the container', () => {
    expect(plan(samplePod({ containers: [{ name: 'main', image: 'web:2' }] }), seen([c('main', 'running')]))).toBe('kill main (ContainerChanged), start main')
    expect(plan(samplePod(), seen([c('main', 'running')]), { ...allStarted, liveness: new Set(['main-0']) })).toBe('kill main (LivenessProbe), start main')
    expect(plan(samplePod(), seen([c('main', 'running')]), { ...allStarted, startup: new Set(['main-0']) })).toBe('kill main (StartupProbe), start main')
    expect(plan(samplePod({ restartPolicy: 'Never' }), seen([c('main', 'running')]), { ...allStarted, liveness: new Set(['main-0']) })).toBe('kill main (LivenessProbe)')
  })

  test('CA7 an ephemeral container is started once', () => {
    const pod = samplePod({ ephemeralContainers: [{ name: 'debug', image: 'busybox' }] })
    expect(plan(pod, seen([c('main', 'running')]))).toBe('start debug')
    expect(plan(pod, seen([c('main', 'running'), c('debug', 'exited')]))).toBe('nothing')
  })

  test('CA8 a pod whose containers are done is killed, sidecars with it', () => {
    expect(plan(samplePod({ restartPolicy: 'Never' }), seen([c('main', 'exited')]))).toBe('kill-pod')
    expect(plan(withInit('Never'), seen([c('main', 'exited'), c('side', 'running')]))).toBe('kill-pod')
    expect(plan(samplePod({ restartPolicy: 'OnFailure' }), seen([c('main', 'exited')]))).toBe('kill-pod')
  })
})
