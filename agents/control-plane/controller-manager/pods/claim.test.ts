import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { pods, replicaSets } from '../../../api/resources.ts'
import { controllerReference } from '../../../machinery/owner.ts'
import { applyClaim, planClaim } from './claim.ts'

const cluster = new FakeCluster()
const set = cluster.put(replicaSets, { metadata: { namespace: 'default', name: 'web' }, spec: { selector: {} } })
const other = cluster.put(replicaSets, { metadata: { namespace: 'default', name: 'other' }, spec: { selector: {} } })
const leaving = { ...set, metadata: { ...set.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
const podOf = (name: string, labels: Record<string, string>, owner?: typeof set, more: object = {}): Pod => ({ metadata: { namespace: 'default', name, uid: name, labels, ...(owner === undefined ? {} : { ownerReferences: [controllerReference(replicaSets, owner)] }), ...more }, spec: {}, status: {} }) as unknown as Pod
const matching = { app: 'web' }

function claim(owner: typeof set, ...candidates: readonly Pod[]) {
  const names = (list: readonly Pod[]) => list.map(({ metadata }) => metadata.name)
  const { keep, adopt, release } = planClaim(owner, { matchLabels: matching }, candidates)
  return [names(keep), names(adopt), names(release)]
}

describe('claiming', () => {
  it('CL1: its own are kept while they match, and released when they no longer do', () => {
    expect(claim(set, podOf('a', matching, set), podOf('b', {}, set))).toEqual([['a'], [], ['b']])
  })

  it('CL2: those of another are left alone, whatever their labels', () => {
    expect(claim(set, podOf('a', matching, other))).toEqual([[], [], []])
  })

  it('CL3: an orphan that matches is adopted, unless it or the owner is being deleted', () => {
    const ending = podOf('ending', matching, undefined, { deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(claim(set, podOf('a', matching), podOf('b', {}), ending)).toEqual([[], ['a'], []])
    expect(claim(leaving, podOf('a', matching))).toEqual([[], [], []])
  })

  it('CL4: nothing is adopted for an owner that was replaced by another of its name', async () => {
    const ghost = { ...set, metadata: { ...set.metadata, uid: 'ghost' } }
    const orphan = podOf('a', matching)
    await expect(applyClaim({ keep: [], adopt: [orphan], release: [] }, { client: cluster, ownerType: replicaSets, owner: ghost, type: pods }, new AbortController().signal)).rejects.toThrow('the owner web was replaced by another of the same name')
    expect(cluster.writes).toEqual([])
  })
})
