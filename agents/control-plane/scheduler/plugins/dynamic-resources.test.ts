import { describe, expect, test } from 'vitest'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { DeviceRequest, ResourceClaim, ResourceSlice } from '../../../api/groups/resource-v1/types.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import type { Client } from '../../../machinery/client.ts'
import { isRejected } from '../framework/verdict.ts'
import { shortNode, shortPod } from '../parity/short-objects.ts'
import { Cluster, emptyLookups } from '../snapshot/cluster.ts'
import type { ClaimState } from './dynamic-resources.ts'
import { newDynamicResources } from './dynamic-resources.ts'

const on = (name: string) => ({ nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }] })

function claim(name: string, status: ResourceClaim['status'] = {}, owner?: string): ResourceClaim {
  return {
    apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', spec: { devices: {} }, status,
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: owner, uid: `uid--${owner}`, controller: true }] }) },
  }
}

function stage(...claims: readonly ResourceClaim[]) {
  const written: ResourceClaim[] = []
  const calls: string[] = []
  const client = {
    create(_: unknown, draft: ResourceClaim) {
      calls.push(`create ${draft.metadata.generateName}`)
      return Promise.resolve({ ...draft, status: {}, metadata: { ...draft.metadata, name: `${draft.metadata.generateName}x`, uid: 'made' } })
    },
    update(_: unknown, object: ResourceClaim, { subresource }: { subresource?: string }) {
      calls.push(`update ${object.metadata.name} ${subresource === 'status' ? `reservedFor=${object.status.reservedFor?.map(({ name }) => name).join()}` : `finalizers=${object.metadata.finalizers?.join()}`}`)
      written.push(object)
      return Promise.resolve(object)
    },
    patch(type: { resource: string }, { name }: { name: string }, { status }: { status: { extendedResourceClaimStatus: object } }) {
      calls.push(`patch ${type.resource} ${name} ${JSON.stringify(status.extendedResourceClaimStatus)}`)
      return Promise.resolve({})
    },
    delete(_: unknown, { name }: { name: string }) {
      calls.push(`delete ${name}`)
      return Promise.resolve()
    },
  } as unknown as Client
  const gpus = (node: string): ResourceSlice => ({ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: node, uid: node, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { driver: 'gpu.example.com', nodeName: node, pool: { name: node, generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0' }] } })
  const gpu = { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name: 'gpu', uid: 'gpu', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: {} }
  const cluster = new Cluster({
    ...emptyLookups, resourceClaim: (_, name) => claims.find(({ metadata }) => metadata.name === name), resourceClaims: () => claims, resourceSlices: () => [gpus('b')], deviceClass: name => (name === 'gpu' ? gpu : undefined), deviceClassOf: resource => (resource === 'example.com/gpu' ? gpu : undefined),
  })
  for (const name of ['a', 'b']) cluster.setNode(shortNode(name))
  return { cluster, written, calls, plugin: newDynamicResources({ cluster, client, clock: new FakeClock(), signal: new AbortController().signal }) }
}

const wanting = (entry: object): Pod => shortPod({ is: 'p', spec: { resourceClaims: [{ name: 'gpu', ...entry }] } })
const uses = wanting({ resourceClaimName: 'gpu' })

function reasonOf(answer: unknown): string {
  return isRejected(answer) ? answer.reasons.join() : 'no rejection'
}

describe('DynamicResources', () => {
  test('DR1 a claim has to exist, one of a template to be made and owned', () => {
    expect(reasonOf(stage().plugin.preEnqueue(uses))).toBe('resourceclaim.resource.k8s.io "gpu" not found')
    expect(reasonOf(stage().plugin.preEnqueue(wanting({ resourceClaimTemplateName: 't' })))).toBe('pod "default/p": ResourceClaim not created yet')
    const made = { ...wanting({ resourceClaimTemplateName: 't' }), status: { resourceClaimStatuses: [{ name: 'gpu', resourceClaimName: 'p-gpu' }] } }
    expect(reasonOf(stage(claim('p-gpu')).plugin.preEnqueue(made))).toBe('ResourceClaim default/p-gpu was not created for Pod default/p (Pod is not owner)')
    expect(stage(claim('p-gpu', {}, 'p')).plugin.preEnqueue(made).fits).toBe(true)
  })

  test('DR2 the pod goes where its claim was allocated', () => {
    const { cluster, plugin } = stage(claim('gpu', { allocation: { nodeSelector: on('b') } }))
    const prepared = plugin.preFilter(uses, cluster) as { state: Parameters<typeof plugin.filter>[0] }
    expect(['a', 'b'].map(name => plugin.filter(prepared.state, cluster.node(name)!, uses).fits)).toEqual([false, true])
  })

  test('DR3 a claim takes 256 consumers', () => {
    const full = claim('gpu', { allocation: {}, reservedFor: Array.from({ length: 256 }, (_, index) => ({ resource: 'pods', name: `x${index}`, uid: `x${index}` })) })
    const { cluster, plugin } = stage(full)
    expect(reasonOf(plugin.preFilter(uses, cluster))).toBe('resourceclaim in use')
  })

  test('DR4 the claim is reserved for the pod, and the reservation taken back', async () => {
    const { cluster, plugin, written } = stage(claim('gpu', { allocation: {}, reservedFor: [{ resource: 'pods', name: 'x', uid: 'x' }] }))
    const { state } = plugin.preFilter(uses, cluster) as { state: Parameters<typeof plugin.filter>[0] }
    expect(plugin.preBindPreFlight(state, uses, 'a')).toBe(true)
    await plugin.preBind(state, uses, 'a', new AbortController().signal)
    await plugin.unreserve(state, uses, 'a')
    expect(written.map(({ status }) => status?.reservedFor?.map(({ name }) => name))).toEqual([['x', 'p'], ['x']])
  })

  const wantingGpu = (name: string, request: DeviceRequest = { name: 'x', exactly: { deviceClassName: 'gpu' } }): ResourceClaim => ({ ...claim(name), spec: { devices: { requests: [request] } } })
  const prepare = ({ plugin, cluster }: ReturnType<typeof stage>, pod = uses) => (plugin.preFilter(pod, cluster) as { state: ClaimState }).state

  test('DR5 devices are found where they are free, held from Reserve on, and written with their finalizer', async () => {
    const scene = stage(wantingGpu('gpu'), wantingGpu('other'))
    const { cluster, plugin, written } = scene
    const state = prepare(scene)
    expect(['a', 'b'].map(name => reasonOf(plugin.filter(state, cluster.node(name)!, uses)))).toEqual(['cannot allocate all claims', 'no rejection'])
    plugin.reserve(state, uses, 'b')
    expect(reasonOf(plugin.preFilter(uses, cluster))).toBe('resource claim default/gpu is in the process of being allocated')
    const rival = wanting({ resourceClaimName: 'other' })
    expect(reasonOf(plugin.filter(prepare(scene, rival), cluster.node('b')!, rival))).toBe('cannot allocate all claims')
    await plugin.preBind(state, uses, 'b', new AbortController().signal)
    expect(written.at(-1)).toMatchObject({
      metadata: { finalizers: ['resource.kubernetes.io/delete-protection'] },
      status: { allocation: { devices: { results: [{ request: 'x', driver: 'gpu.example.com', pool: 'b', device: 'gpu-0' }] }, nodeSelector: on('b') }, reservedFor: [{ name: 'p' }] },
    })
    await plugin.unreserve(state, uses, 'b')
    expect(reasonOf(plugin.filter(prepare(scene, rival), cluster.node('b')!, rival))).toBe('no rejection')
  })

  test('DR5 a class that does not exist is said before any node is asked', () => {
    const { cluster, plugin } = stage(wantingGpu('gpu', { name: 'x', firstAvailable: [{ name: 'best', deviceClassName: 'tpu' }] }))
    expect(reasonOf(plugin.preFilter(uses, cluster))).toBe('request x/best: device class tpu does not exist')
  })

  test('DR6 devices on nodes that do not fit are taken from a claim that nobody uses', async () => {
    const scene = stage(claim('gpu', { allocation: { nodeSelector: on('elsewhere') } }))
    const { cluster, plugin, written } = scene
    const state = prepare(scene)
    for (const name of ['a', 'b']) plugin.filter(state, cluster.node(name)!, uses)
    const outcome = { beforeNodes: null } as Parameters<typeof plugin.postFilter>[2]
    expect(await plugin.postFilter(uses, cluster, outcome, state, new AbortController().signal)).toMatchObject({ message: 'deallocation of ResourceClaim completed' })
    expect(written.map(({ status }) => status)).toEqual([{}])
  })

  describe('DR9 devices that have to be prepared first', () => {
    const prepared = (status: string, failure = 'False'): ResourceClaim['status'] => ({
      reservedFor: [{ resource: 'pods', name: 'p', uid: uses.metadata.uid }],
      allocation: { allocationTimestamp: '2026-01-01T00:00:00Z', devices: { results: [{ request: 'x', driver: 'd', pool: 'p', device: 'g', bindingConditions: ['Attached'], bindingFailureConditions: ['Broken'] }] } },
      devices: [{ driver: 'd', pool: 'p', device: 'g', conditions: [['Attached', status], ['Broken', failure]].map(([type, is]) => ({ type: type!, status: is!, reason: 'R', message: 'm', lastTransitionTime: '' })) }],
    })

    test('hold up PreBind until they are, also for a claim that was reserved before', async () => {
      const scene = stage(claim('gpu', prepared('True')))
      const state = prepare(scene)
      expect(scene.plugin.preBindPreFlight(state, uses, 'a')).toBe(true)
      expect(await scene.plugin.preBind(state, uses, 'a', new AbortController().signal)).toMatchObject({ fits: true })
      const failing = stage(claim('gpu', prepared('False', 'True')))
      await expect(failing.plugin.preBind(prepare(failing), uses, 'a', new AbortController().signal)).rejects.toThrow('device binding failed: claim=gpu, reason=R, message="m"')
    })

    test('are taken from their claim when they failed, so that others are tried', async () => {
      const scene = stage(claim('gpu', prepared('False', 'True')))
      const { cluster, plugin, written } = scene
      const state = prepare(scene)
      expect(reasonOf(plugin.filter(state, cluster.node('a')!, uses))).toBe('resourceclaim not available on the node')
      const outcome = { beforeNodes: null } as Parameters<typeof plugin.postFilter>[2]
      expect(await plugin.postFilter(uses, cluster, outcome, state, new AbortController().signal)).toMatchObject({ message: 'deallocation of ResourceClaim completed' })
      expect(written.map(({ status }) => status)).toEqual([{}])
      const pending = stage(claim('gpu', prepared('False')))
      expect(pending.plugin.filter(prepare(pending), pending.cluster.node('a')!, uses).fits).toBe(true)
    })
  })

  test('DR8 a node that can serve what was wished for first scores higher', () => {
    const scene = stage(wantingGpu('gpu', { name: 'x', firstAvailable: [{ name: 'pair', deviceClassName: 'gpu', count: 2 }, { name: 'one', deviceClassName: 'gpu' }] }))
    const { cluster, plugin } = scene
    const state = prepare(scene)
    for (const name of ['a', 'b']) plugin.filter(state, cluster.node(name)!, uses)
    expect(['a', 'b'].map(name => plugin.score(state, cluster.node(name)!, uses))).toEqual([0, 7])
  })

  test('DR7 a claim of the pod wakes it, and one that gives devices back', () => {
    const ours = claim('gpu', { allocation: {} })
    const [line] = stage(ours).plugin.wakeOn!
    expect(line!.hint!(uses, undefined, ours)).toBe('Queue')
    expect(line!.hint!(uses, claim('gpu'), ours)).toBe('Queue')
    expect(line!.hint!(uses, { ...ours, metadata: { ...ours.metadata, finalizers: ['x'] } }, ours)).toBe('Skip')
    expect(line!.hint!(uses, undefined, claim('other'))).toBe('Skip')
    expect(line!.hint!(uses, claim('other', { allocation: {} }), claim('other'))).toBe('Queue')
    expect(stage().plugin.wakeOn![0]!.hint!(uses, claim('other', { allocation: {} }), claim('other'))).toBe('Skip')
  })

  describe('DR10 extended resources behind which a class stands', () => {
    const wantingGpus = shortPod('p gpu=1')

    test('are served by devices where the node has none itself; the claim is made with its pod told', async () => {
      const scene = stage()
      const { cluster, plugin, calls } = scene
      cluster.setNode(shortNode('own gpu=1'))
      const state = prepare(scene, wantingGpus)
      expect(['a', 'b', 'own'].map(name => reasonOf(plugin.filter(state, cluster.node(name)!, wantingGpus)))).toEqual(['cannot allocate all claims', 'no rejection', 'no rejection'])
      expect(plugin.reserve(state, wantingGpus, 'b').fits).toBe(true)
      expect(plugin.preBindPreFlight(state, wantingGpus, 'b')).toBe(true)
      const rival = shortPod('rival gpu=1')
      expect(reasonOf(plugin.filter(prepare(scene, rival), cluster.node('b')!, rival))).toBe('cannot allocate all claims')
      await plugin.preBind(state, wantingGpus, 'b', new AbortController().signal)
      expect(calls).toEqual([
        'create p-extended-resources-', 'update p-extended-resources-x finalizers=resource.kubernetes.io/delete-protection', 'update p-extended-resources-x reservedFor=p',
        'patch pods p {"requestMappings":[{"containerName":"c","resourceName":"example.com/gpu","requestName":"container-0-request-0"}],"resourceClaimName":"p-extended-resources-x"}',
      ])
      expect(reasonOf(plugin.filter(prepare(scene, rival), cluster.node('b')!, rival))).toBe('cannot allocate all claims')
      calls.length = 0
      await plugin.unreserve(state, wantingGpus, 'b')
      expect(calls).toEqual(['update p-extended-resources-x finalizers=', 'delete p-extended-resources-x'])
      expect(plugin.filter(prepare(scene, rival), cluster.node('b')!, rival).fits).toBe(true)
    })

    test('need no claim on a node that has them', async () => {
      const scene = stage()
      scene.cluster.setNode(shortNode('own gpu=1'))
      const state = prepare(scene, wantingGpus)
      scene.plugin.filter(state, scene.cluster.node('own')!, wantingGpus)
      scene.plugin.reserve(state, wantingGpus, 'own')
      expect(scene.plugin.preBindPreFlight(state, wantingGpus, 'own')).toBe(false)
      await scene.plugin.preBind(state, wantingGpus, 'own', new AbortController().signal)
      expect(scene.calls).toEqual([])
    })

    test('what a failed attempt left is deleted, so that the next finds devices anew', async () => {
      const left: ResourceClaim = { ...claim('p-extended-resources-y', {}, 'p'), spec: { devices: { requests: [{ name: 'container-0-request-0', exactly: { deviceClassName: 'gpu', count: 1 } }] } } }
      const scene = stage({ ...left, metadata: { ...left.metadata, annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' } } })
      const state = prepare(scene, wantingGpus)
      expect(reasonOf(scene.plugin.filter(state, scene.cluster.node('b')!, wantingGpus))).toBe('cannot schedule extended resource claim')
      const outcome = { beforeNodes: null } as Parameters<typeof scene.plugin.postFilter>[2]
      expect(await scene.plugin.postFilter(wantingGpus, scene.cluster, outcome, state, new AbortController().signal)).toMatchObject({ message: 'deletion of ResourceClaim completed' })
      expect(scene.calls).toEqual(['update p-extended-resources-y finalizers=', 'delete p-extended-resources-y'])
    })
  })
})
