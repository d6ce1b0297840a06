import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { events, pods, resourceClaims, resourceClaimTemplates } from '../../../../api/resources.ts'
import { claimFinalizer } from './plan-resource-claim.ts'
import { claimReservationsController, podClaimsController } from './resource-claim-controller.ts'

let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(podClaimsController, claimReservationsController)
})
afterEach(() => scene[Symbol.asyncDispose]())

const template = () => scene.cluster.put(resourceClaimTemplates, { metadata: { namespace: 'default', name: 't' }, spec: { metadata: { labels: { a: 'b' } }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } } } } as never)
const pod = (more: object = {}) => scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'p', uid: 'p' }, spec: { containers: [], resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }], ...more }, status: { phase: 'Pending' } })
const claims = () => scene.cluster.all(resourceClaims)

describe('resource claim controller', () => {
  it('RL4: makes a claim of its template for a pod, once, and tells the pod its name', async () => {
    pod()
    await scene.settle()
    expect(scene.cluster.all(events)[0]!.message).toBe('PodResourceClaim gpu: resource claim template "t": resourceclaimtemplate.resource.k8s.io "t" not found')
    scene.cluster.failNext(new Error('crashed'), ({ verb, resource, subresource }) => verb === 'patch' && resource === 'pods' && subresource === 'status')
    template()
    await scene.settle(1_000)
    expect(claims()).toMatchObject([{ metadata: { labels: { a: 'b' }, annotations: { 'resource.kubernetes.io/pod-claim-name': 'gpu' }, ownerReferences: [{ kind: 'Pod', name: 'p', controller: true }] }, spec: { devices: { requests: [{ name: 'r' }] } } }])
    expect(scene.cluster.peek(pods, { namespace: 'default', name: 'p' })!.status.resourceClaimStatuses).toEqual([{ name: 'gpu', resourceClaimName: claims()[0]!.metadata.name }])
  })

  it('RL1 RL2 RL3: the end of the pod gives back what it reserved, and takes its claim along', async () => {
    template()
    const made = pod()
    await scene.settle()
    const [claim] = claims()
    const status = { allocation: { devices: {} }, reservedFor: [{ resource: 'pods', name: 'p', uid: 'p' }] }
    scene.cluster.put(resourceClaims, { ...claim!, metadata: { ...claim!.metadata, finalizers: [claimFinalizer] }, status })
    await scene.settle()
    expect(claims()[0]!.status).toEqual(status)
    scene.cluster.put(pods, { ...made, status: { phase: 'Succeeded' } })
    await scene.settle(1_000)
    expect(claims()).toEqual([])
    expect(scene.cluster.writes.filter(text => text.includes('resourceclaims')).slice(-3).map(text => text.split(' ').slice(0, 2).join(' '))).toEqual(['update resourceclaims.resource.k8s.io/status', 'update resourceclaims.resource.k8s.io', 'delete resourceclaims.resource.k8s.io'])
  })

  it('RL6: the end of the pod takes the claim for its extended resources along', async () => {
    const made = scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'p', uid: 'p' }, spec: { containers: [] }, status: { phase: 'Running', extendedResourceClaimStatus: { resourceClaimName: 'p-extended-resources-x', requestMappings: [] } } })
    scene.cluster.put(resourceClaims, {
      metadata: { namespace: 'default', name: 'p-extended-resources-x', annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' }, finalizers: [claimFinalizer], ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p', controller: true }] },
      spec: {}, status: { allocation: { devices: {} }, reservedFor: [{ resource: 'pods', name: 'p', uid: 'p' }] },
    } as never)
    await scene.settle()
    expect(claims()[0]!.status.allocation).toBeDefined()
    scene.cluster.put(pods, { ...made, status: { ...made.status, phase: 'Succeeded' } })
    await scene.settle(1_000)
    expect(claims()).toEqual([])
  })

  it('RL5: reserves for a pod that has a node already', async () => {
    scene.cluster.put(resourceClaims, { metadata: { namespace: 'default', name: 'shared' }, spec: {}, status: { allocation: { devices: {} } } } as never)
    pod({ nodeName: 'n', resourceClaims: [{ name: 'gpu', resourceClaimName: 'shared' }] })
    await scene.settle()
    expect(claims()[0]!.status.reservedFor).toEqual([{ resource: 'pods', name: 'p', uid: 'p' }])
  })
})
