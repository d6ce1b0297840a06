import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { Pod, ResourceQuota, ResourceQuotaSpec } from '../../../../api/groups/core-v1/types.ts'
import { configMaps, deployments, persistentVolumeClaims, pods, resourceQuotas, services } from '../../../../api/resources.ts'
import type { ResourceType } from '../../../../api/resources.ts'
import { sampleConfig } from '../../controller-config.sample.ts'
import { planUsage } from './plan-usage.ts'
import { createResourceQuotaController } from './resource-quota-controller.ts'

const at = { namespace: 'default', name: 'q' }
let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(createResourceQuotaController(sampleConfig))
})
afterEach(() => scene[Symbol.asyncDispose]())

async function quota(hard: Record<string, string>, more: Partial<ResourceQuotaSpec> = {}) {
  await scene.cluster.create(resourceQuotas, { metadata: at, spec: { hard, ...more } })
  await scene.settle(1_000)
}

const pod = (name: string, cpu: string, more: Partial<Pod['spec']> = {}) => scene.cluster.create(pods, { metadata: { namespace: 'default', name }, spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }], ...more } })
const used = () => scene.cluster.peek(resourceQuotas, at)!.status.used
const recount = () => scene.settle(300_001)

describe('resource quota controller', () => {
  it('QP1: counts what there is of everything that is limited, and says the limits', async () => {
    await pod('a', '500m')
    await scene.cluster.create(services, { metadata: { namespace: 'default', name: 's' }, spec: { type: 'LoadBalancer', ports: [{ port: 1 }, { port: 2 }] } })
    await scene.cluster.create(persistentVolumeClaims, { metadata: { namespace: 'default', name: 'c' }, spec: { storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } } })
    await scene.cluster.create(configMaps, { metadata: { namespace: 'default', name: 'm' } })
    const hard = {
      'pods': '5', 'count/pods': '9', 'requests.cpu': '2', 'limits.cpu': '3', 'services': '3', 'services.loadbalancers': '1', 'services.nodeports': '2', 'persistentvolumeclaims': '1', 'requests.storage': '5Gi',
      'fast.storageclass.storage.k8s.io/requests.storage': '3Gi', 'slow.storageclass.storage.k8s.io/persistentvolumeclaims': '1', 'configmaps': '4', 'count/deployments.apps': '2',
    }
    await quota(hard)
    expect(scene.cluster.peek(resourceQuotas, at)!.status.hard).toEqual(hard)
    expect(used()).toEqual({
      'pods': '1', 'count/pods': '1', 'requests.cpu': '500m', 'limits.cpu': '0', 'services': '1', 'services.loadbalancers': '1', 'services.nodeports': '2', 'persistentvolumeclaims': '1', 'requests.storage': '1Gi',
      'fast.storageclass.storage.k8s.io/requests.storage': '1Gi', 'slow.storageclass.storage.k8s.io/persistentvolumeclaims': '0', 'configmaps': '1', 'count/deployments.apps': '0',
    })
  })

  it('RC1: a deletion and an end give back at once, a creation waits for the next count', async () => {
    await quota({ 'pods': '5', 'count/pods': '9', 'count/deployments.apps': '1' })
    await pod('a', '1')
    const ended = await pod('b', '1')
    await scene.cluster.create(deployments, { metadata: { namespace: 'default', name: 'd' }, spec: { selector: {}, template: { spec: { containers: [] } } } })
    await scene.settle()
    expect(used()).toEqual({ 'pods': '0', 'count/pods': '0', 'count/deployments.apps': '0' })
    await recount()
    expect(used()).toEqual({ 'pods': '2', 'count/pods': '2', 'count/deployments.apps': '1' })
    scene.cluster.put(pods, { ...ended, status: { phase: 'Succeeded' } })
    await scene.settle()
    expect(used()).toMatchObject({ 'pods': '1', 'count/pods': '2' })
    await scene.cluster.delete(deployments, { namespace: 'default', name: 'd' })
    await scene.settle()
    expect(used()).toMatchObject({ 'count/deployments.apps': '0' })
  })

  it('RC3: counts custom resources as soon as they are served', async () => {
    const gadgets: ResourceType = { group: 'example.com', version: 'v1', resource: 'gadgets', kind: 'Gadget', namespaced: true }
    await quota({ 'count/gadgets.example.com': '3' })
    expect(used()).toEqual({})
    scene.cluster.extraTypes.push(gadgets)
    await scene.cluster.create(gadgets, { metadata: { namespace: 'default', name: 'g' } })
    await scene.cluster.create({ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false } as ResourceType, { metadata: { name: 'gadgets.example.com' } })
    await scene.settle(1_000)
    expect(used()).toEqual({ 'count/gadgets.example.com': '1' })
  })

  it('RC2: what admission adds between our read and our write is not lost', async () => {
    await quota({ pods: '5' })
    await pod('a', '1')
    let raised = false
    using _hook = scene.cluster.onRequest(({ verb, subresource }) => {
      if (verb !== 'update' || subresource !== 'status' || raised) return undefined
      raised = true
      scene.cluster.put(resourceQuotas, { ...scene.cluster.peek(resourceQuotas, at)!, status: { hard: { pods: '5' }, used: { pods: '3' } } })
      return undefined
    })
    await scene.cluster.patch(resourceQuotas, at, { spec: { hard: { pods: '6' } } }, { patchType: 'merge' })
    await scene.settle(1_000)
    expect(raised).toBe(true)
    expect(scene.cluster.peek(resourceQuotas, at)!.status).toEqual({ hard: { pods: '6' }, used: { pods: '1' } })
  })
})

describe('usage plan', () => {
  const planned = (spec: ResourceQuotaSpec, objects: object[], status: ResourceQuota['status'] = {}) =>
    planUsage({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: at, spec, status } as unknown as ResourceQuota, [{ group: '', resource: 'pods', objects }], 1_000_000)?.used
  const some = (spec: object, more: object = {}) => ({ metadata: {}, spec: { containers: [{ name: 'c', resources: { requests: { memory: '1Gi' } } }], ...spec }, status: {}, ...more })

  it('QU5: scopes and selectors choose among pods', () => {
    const all = [some({}), some({ containers: [{ name: 'c' }] }), some({ activeDeadlineSeconds: 5 }), some({ priorityClassName: 'high' })]
    const count = (spec: ResourceQuotaSpec) => planned({ hard: { pods: '9' }, ...spec }, all)!['pods']
    expect(['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'].map(scope => count({ scopes: [scope] }))).toEqual(['1', '3', '1', '3', '1', '0'])
    const select = (operator: string, values?: string[]) => count({ scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, ...(values === undefined ? {} : { values }) }] } })
    expect([select('In', ['high']), select('NotIn', ['high']), select('In', ['low']), select('DoesNotExist')]).toEqual(['1', '3', '0', '3'])
  })

  it('QU2: a pod that is stuck in deletion is no longer charged', () => {
    const leaving = (seconds: number) => some({}, { metadata: { deletionTimestamp: new Date(1_000_000 - seconds * 1_000).toISOString(), deletionGracePeriodSeconds: 30 } })
    expect(planned({ hard: { 'pods': '9', 'count/pods': '9', 'requests.memory': '4Gi' } }, [leaving(10), leaving(31)])).toEqual({ 'pods': '1', 'count/pods': '2', 'requests.memory': '1Gi' })
  })

  it('QP2, QP3: keeps what nobody counts, and writes nothing that says the same', () => {
    const spec = { hard: { 'requests.memory': '4Gi', 'count/things.example.com': '3' } }
    expect(planned(spec, [some({})], { hard: spec.hard, used: { 'requests.memory': '1024Mi', 'count/things.example.com': '2' } })).toBeUndefined()
    expect(planned(spec, [], { hard: spec.hard, used: { 'requests.memory': '1Gi', 'count/things.example.com': '2' } })).toEqual({ 'requests.memory': '0', 'count/things.example.com': '2' })
  })

  it('PR-4: a resized pod uses the most of what is wanted, allocated and in force', () => {
    const resized = (reason?: string) => some({}, { status: {
      containerStatuses: [{ name: 'c', allocatedResources: { memory: '2Gi' }, resources: { requests: { memory: '512Mi' } } }],
      ...(reason === undefined ? {} : { conditions: [{ type: 'PodResizePending', reason }] }),
    } })
    const spec = { hard: { memory: '9Gi' } }
    expect(planned(spec, [resized()])).toEqual({ memory: '2Gi' })
    const greedy = { ...resized('Infeasible'), spec: { containers: [{ name: 'c', resources: { requests: { memory: '8Gi' } } }] } }
    expect(planned(spec, [greedy])).toEqual({ memory: '2Gi' })
  })
})
