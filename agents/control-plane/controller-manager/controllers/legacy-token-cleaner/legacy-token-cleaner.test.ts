import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { Secret } from '../../../../api/groups/core-v1/types.ts'
import { configMaps, pods, secrets, serviceAccounts } from '../../../../api/resources.ts'
import { createLegacyTokenCleanerController, fateOf } from './legacy-token-cleaner-controller.ts'

const dayMs = 86_400_000
const yearMs = 365 * dayMs
let scene: ControllerScene
beforeEach(() => { scene = createControllerScene() })
afterEach(() => scene[Symbol.asyncDispose]())

describe('legacy token cleaner', () => {
  it('LC2 LC3: what has become of a token', () => {
    const nowMs = Date.parse('2026-06-01T12:00:00Z')
    const fate = (labels: Record<string, string>, created = '2020-01-01T00:00:00Z', since = '2021-01-01') => fateOf({ metadata: { creationTimestamp: created, labels } } as unknown as Secret, Date.parse(since), nowMs, yearMs)
    expect(fate({})).toBe('mark')
    expect(fate({ 'kubernetes.io/legacy-token-last-used': '2025-06-01' })).toBe('keep')
    expect(fate({ 'kubernetes.io/legacy-token-last-used': '2025-05-31' })).toBe('mark')
    expect(fate({}, '2025-06-02T00:00:00Z')).toBe('keep')
    expect(fate({}, '2020-01-01T00:00:00Z', '2025-06-01')).toBe('keep')
    expect(fate({ 'kubernetes.io/legacy-token-invalid-since': '2025-06-02' })).toBe('keep')
    expect(fate({ 'kubernetes.io/legacy-token-invalid-since': '2025-05-30' })).toBe('delete')
    expect(fate({ 'kubernetes.io/legacy-token-invalid-since': 'never' })).toBe('mark')
  })

  it('LC1: only tokens made for an account that no pod mounts', async () => {
    const old = new Date(scene.clock.now() - 3 * yearMs).toISOString()
    scene.cluster.put(configMaps, { metadata: { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }, data: { since: old.slice(0, 10) } })
    scene.cluster.put(serviceAccounts, { metadata: { namespace: 'default', name: 'a', uid: 'a' }, secrets: [{ name: 'unused' }, { name: 'mounted' }] })
    for (const name of ['unused', 'mounted', 'by-hand']) scene.cluster.put(secrets, { metadata: { namespace: 'default', name, creationTimestamp: old, annotations: { 'kubernetes.io/service-account.name': 'a', 'kubernetes.io/service-account.uid': 'a' } }, type: 'kubernetes.io/service-account-token' })
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'p' }, spec: { containers: [], volumes: [{ name: 's', secret: { secretName: 'mounted' } }] } })
    await scene.start(createLegacyTokenCleanerController({ legacyTokenCleanUpPeriodMs: yearMs }))
    const marked = () => scene.cluster.all(secrets).filter(({ metadata }) => metadata.labels?.['kubernetes.io/legacy-token-invalid-since'] !== undefined).map(({ metadata }) => metadata.name)
    expect(marked()).toEqual(['unused'])
    await scene.settle(yearMs + 3 * dayMs)
    expect(scene.cluster.all(secrets).map(({ metadata }) => metadata.name)).toEqual(['mounted', 'by-hand'])
  })
})
