import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../test/fakes/controller-scene.ts'
import { deployments, namespaces, persistentVolumeClaims, pods, resourceQuotas, services } from '../../api/resources.ts'
import type { Comparison, ControllerRunner } from '../../machinery/controller.ts'
import { deploymentController } from './controllers/deployment/deployment-controller.ts'
import { endpointSliceController } from './controllers/endpoint-slice/endpoint-slice-controller.ts'
import { createNamespaceController } from './controllers/namespace/namespace-controller.ts'
import { replicaSetController } from './controllers/replica-set/replica-set-controller.ts'
import { createResourceQuotaController } from './controllers/resource-quota/resource-quota-controller.ts'
import { claimBinderController } from './controllers/volume-binder/volume-binder-controller.ts'

let scene: ControllerScene
beforeEach(() => { scene = createControllerScene() })
afterEach(() => scene[Symbol.asyncDispose]())

const labels = { app: 'web' }
const deploy = (replicas: number) => scene.cluster.create(deployments, { metadata: { namespace: 'shop', name: 'web' }, spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } } } })
const texts = (comparisons: readonly Comparison[]) => Object.fromEntries(comparisons.map(({ what, of, desired, actual, met }) => [of ?? what, `${actual} of ${desired}${met ? '' : '!'}`]))
const writes = async (runner: ControllerRunner, key: string) => (await runner.intention(key)).next.writes.map(({ verb, kind, name, subresource, changes }) => [verb, kind, name, subresource, changes.find(({ path }) => path === 'spec.replicas')?.to].filter(one => one !== null && one !== undefined).join(' '))

describe('desired and actual', () => {
  it('a Deployment that is held: first its set is made, and what it makes is what was told', async () => {
    const [loop, sets] = await scene.start(deploymentController, replicaSetController) as [ControllerRunner, ControllerRunner]
    loop.pause()
    await deploy(3)
    await scene.settle()
    const { comparisons, exists } = await loop.intention('shop/web')
    expect(exists).toBe(true)
    expect(texts(comparisons)).toMatchObject({ pods: '0 of 3!', availablePods: '0 of 3!', wantingSets: '0 of 1!', oldSets: '0 of 10' })
    const told = await writes(loop, 'shop/web')
    expect(told[0]).toMatch(/^create ReplicaSet web-\w+ 3$/)
    expect(scene.cluster.writes.filter(write => write.includes('replicasets'))).toEqual([])
    sets.pause()
    loop.step()
    await scene.settle()
    expect(scene.cluster.writes.find(write => write.startsWith('create replicasets'))).toContain(told[0]!.split(' ')[2]!)
    const set = told[0]!.split(' ')[2]!
    expect(await writes(sets, `shop/${set}`)).toEqual(expect.arrayContaining([`create Pod ${set}-*`]))
    expect((await sets.intention(`shop/${set}`)).next.writes.filter(({ kind }) => kind === 'Pod').length).toBe(3)
    loop.resume()
    sets.resume()
    await scene.settle()
    expect(texts((await loop.intention('shop/web')).comparisons)).toMatchObject({ pods: '3 of 3', newestPods: '3 of 3', availablePods: '0 of 3!' })
    expect(await writes(loop, 'shop/web')).toEqual([])
  })

  it('a Service: the addresses of its ready pods against those of its slices', async () => {
    const [loop] = await scene.start(endpointSliceController) as [ControllerRunner]
    loop.pause()
    scene.cluster.put(pods, { metadata: { namespace: 'shop', name: 'web-1', labels }, spec: { nodeName: 'node-1', containers: [] }, status: { phase: 'Running', podIP: '10.244.1.5', podIPs: [{ ip: '10.244.1.5' }], conditions: [{ type: 'Ready', status: 'True' }] } })
    await scene.cluster.create(services, { metadata: { namespace: 'shop', name: 'web' }, spec: { selector: labels, ipFamilies: ['IPv4'], ports: [{ port: 80, protocol: 'TCP', targetPort: 8080 }] } })
    await scene.settle()
    expect(texts((await loop.intention('shop/web')).comparisons)).toEqual({ addresses: ' of 10.244.1.5!', readyAddresses: ' of 10.244.1.5!' })
    expect(await writes(loop, 'shop/web')).toEqual(['create EndpointSlice web-*'])
    loop.resume()
    await scene.settle()
    expect(texts((await loop.intention('shop/web')).comparisons)).toEqual({ addresses: '10.244.1.5 of 10.244.1.5', readyAddresses: '10.244.1.5 of 10.244.1.5' })
  })

  it('a claim without a volume, a namespace, a quota', async () => {
    const [claims, spaces, quotas] = await scene.start(claimBinderController, createNamespaceController(), createResourceQuotaController({ resourceQuotaSyncPeriodMs: 300_000 })) as [ControllerRunner, ControllerRunner, ControllerRunner]
    for (const loop of [claims, spaces, quotas]) loop.pause()
    await scene.cluster.create(persistentVolumeClaims, { metadata: { namespace: 'shop', name: 'disk' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Gi' } } } })
    scene.cluster.put(namespaces, { metadata: { name: 'shop' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
    scene.cluster.put(resourceQuotas, { metadata: { namespace: 'shop', name: 'small' }, spec: { hard: { pods: '2', memory: '1Gi' } }, status: { hard: {}, used: { pods: '2', memory: '2048Mi' } } })
    await scene.settle()
    expect(texts((await claims.intention('shop/disk')).comparisons)).toEqual({ phase: 'Pending of Bound!', promisedVolume: ' of *!' })
    expect(texts((await spaces.intention('shop')).comparisons)).toEqual({ phase: 'Active of Active' })
    expect(texts((await quotas.intention('shop/small')).comparisons)).toEqual({ pods: '2 of 2', memory: '2048Mi of 1Gi!' })
  })
})
