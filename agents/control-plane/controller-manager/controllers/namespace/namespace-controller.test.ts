import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { configMaps, namespaces, pods, secrets, serviceAccounts } from '../../../../api/resources.ts'
import { sampleConfig } from '../../controller-config.sample.ts'
import { createRootCaController } from '../root-ca/root-ca-controller.ts'
import { serviceAccountController } from '../service-account/service-account-controller.ts'
import { createNamespaceController } from './namespace-controller.ts'

let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(createNamespaceController(), serviceAccountController, createRootCaController(sampleConfig)!)
})
afterEach(() => scene[Symbol.asyncDispose]())

const make = (name: string) => scene.cluster.put(namespaces, { metadata: { name }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
const namespace = () => scene.cluster.peek(namespaces, { name: 'work' })
const condition = (type: string) => namespace()!.status.conditions?.find(one => one.type === type)

describe('what every namespace has', () => {
  it('RA1: a default ServiceAccount and the root CA, put back when changed or deleted', async () => {
    make('work')
    await scene.settle()
    scene.cluster.vanish(serviceAccounts, { namespace: 'work', name: 'default' })
    await scene.cluster.patch(configMaps, { namespace: 'work', name: 'kube-root-ca.crt' }, { data: { 'ca.crt': 'forged' } }, { patchType: 'merge' })
    await scene.settle()
    expect(scene.cluster.all(serviceAccounts, 'work').map(({ metadata }) => metadata.name)).toEqual(['default'])
    expect(scene.cluster.all(configMaps, 'work').map(({ metadata, data }) => [metadata.name, data])).toEqual([['kube-root-ca.crt', { 'ca.crt': 'CA' }]])
  })

  it('RA2, SV1: not one that is being deleted', async () => {
    scene.cluster.put(namespaces, { metadata: { name: 'work', deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: { finalizers: ['example.com/hold'] }, status: { phase: 'Terminating' } })
    await scene.settle()
    expect(scene.cluster.writes).toEqual([])
  })
})

describe('namespace controller', () => {
  it('empties a namespace that is being deleted, and lets it go', async () => {
    make('work')
    make('other')
    await scene.settle()
    scene.cluster.put(secrets, { metadata: { namespace: 'work', name: 'a' } })
    scene.cluster.put(secrets, { metadata: { namespace: 'other', name: 'a' } })
    await scene.cluster.delete(namespaces, { name: 'work' })
    expect(namespace()?.status.phase).toBe('Terminating')
    await scene.settle()
    expect(namespace()).toBeUndefined()
    expect(scene.cluster.all(secrets).map(({ metadata }) => metadata.namespace)).toEqual(['other'])
    expect(scene.cluster.all(serviceAccounts, 'work')).toEqual([])
  })

  it('NS1, NC2: waits for Pods before anything else goes, and tells what it waits for', async () => {
    make('work')
    scene.cluster.put(pods, { metadata: { namespace: 'work', name: 'web', finalizers: ['example.com/hold'] }, spec: { nodeName: 'n1', containers: [] } })
    scene.cluster.put(secrets, { metadata: { namespace: 'work', name: 'a' } })
    await scene.cluster.delete(namespaces, { name: 'work' })
    await scene.settle(1_000)
    expect(scene.cluster.all(secrets, 'work')).toHaveLength(1)
    expect(condition('NamespaceContentRemaining')).toMatchObject({ status: 'True', reason: 'SomeResourcesRemain', message: 'Some resources are remaining: pods. has 1 resource instances' })
    expect(condition('NamespaceFinalizersRemaining')).toMatchObject({ status: 'True', message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances' })
    scene.cluster.vanish(pods, { namespace: 'work', name: 'web' })
    await scene.settle(6_000)
    expect(namespace()).toBeUndefined()
  })

  it('NS4: a resource that cannot be deleted keeps the namespace, and is named', async () => {
    make('work')
    await scene.settle()
    scene.cluster.put(secrets, { metadata: { namespace: 'work', name: 'a' } })
    using _hook = scene.cluster.onRequest(({ verb, resource }) => (verb === 'deletecollection' && resource === 'secrets' ? new Error('no') : undefined))
    await scene.cluster.delete(namespaces, { name: 'work' })
    await scene.settle(1_000)
    expect(condition('NamespaceDeletionContentFailure')).toMatchObject({ status: 'True', message: expect.stringContaining('secrets: no') as unknown })
    expect(scene.cluster.all(configMaps, 'work')).toEqual([])
  })

  it('NC1: takes off its own finalizer only', async () => {
    scene.cluster.put(namespaces, { metadata: { name: 'work' }, spec: { finalizers: ['example.com/hold', 'kubernetes'] }, status: { phase: 'Active' } })
    await scene.cluster.delete(namespaces, { name: 'work' })
    await scene.settle()
    expect(namespace()?.spec.finalizers).toEqual(['example.com/hold'])
  })

  it('NC3: a namespace stays while discovery fails: what was not seen may still be there', async () => {
    make('work')
    await scene.settle()
    scene.cluster.answers = () => { throw new Error('no documents') }
    await scene.cluster.delete(namespaces, { name: 'work' })
    await scene.settle(1_000)
    expect(namespace()?.spec.finalizers).toEqual(['kubernetes'])
    expect(condition('NamespaceDeletionDiscoveryFailure')).toMatchObject({ status: 'True', message: expect.stringContaining('no documents') as unknown })
    scene.cluster.answers = undefined
    await scene.settle(6_000)
    expect(namespace()).toBeUndefined()
  })

  it('NC4: looks again soon at first, then every five seconds', async () => {
    make('work')
    scene.cluster.put(pods, { metadata: { namespace: 'work', name: 'web', finalizers: ['example.com/hold'] }, spec: { containers: [] } })
    await scene.settle()
    await scene.cluster.delete(namespaces, { name: 'work' })
    const looks = () => scene.cluster.writes.filter(write => write.startsWith('deletecollection pods')).length
    await scene.settle(1_000)
    expect(looks()).toBeGreaterThanOrEqual(4)
    await scene.settle(30_000)
    const before = looks()
    await scene.settle(50_000)
    expect(looks() - before).toBe(10)
  })
})
