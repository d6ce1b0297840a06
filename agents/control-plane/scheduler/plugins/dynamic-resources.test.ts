import { describe, expect, test } from 'vitest'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import type { Client } from '../../../machinery/client.ts'
import { isRejected } from '../framework/verdict.ts'
import { shortNode, shortPod } from '../parity/short-objects.ts'
import { Cluster, emptyLookups } from '../snapshot/cluster.ts'
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
  const client = { update: (_: unknown, object: ResourceClaim) => { written.push(object); return Promise.resolve(object) } } as unknown as Client
  const cluster = new Cluster({ ...emptyLookups, resourceClaim: (_, name) => claims.find(({ metadata }) => metadata.name === name) })
  for (const name of ['a', 'b']) cluster.setNode(shortNode(name))
  return { cluster, written, plugin: newDynamicResources({ cluster, client, signal: new AbortController().signal }) }
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

  test('DR5 what nobody allocated is refused by name', () => {
    const { cluster, plugin } = stage(claim('gpu'))
    expect(reasonOf(plugin.preFilter(uses, cluster))).toBe('resourceclaim "gpu" not allocated: allocating devices is not supported')
  })

  test('DR7 a claim of the pod wakes it', () => {
    const { plugin } = stage()
    const [line] = plugin.wakeOn!
    expect(line!.hint!(uses, undefined, claim('gpu'))).toBe('Queue')
    expect(line!.hint!(uses, undefined, claim('other'))).toBe('Skip')
  })
})
