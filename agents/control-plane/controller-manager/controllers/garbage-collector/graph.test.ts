import { describe, expect, it } from 'vitest'
import type { ConfigMap } from '../../../../api/groups/core-v1/types.ts'
import { configMaps } from '../../../../api/resources.ts'
import type { Attention } from './graph.ts'
import { foregroundFinalizer, orphanFinalizer, OwnerGraph } from './graph.ts'

const objectOf = (uid: string, owners: readonly string[] = [], { finalizer, blocks = true }: { finalizer?: string; blocks?: boolean } = {}) => ({
  metadata: {
    namespace: 'default', name: uid, uid, ownerReferences: owners.map(owner => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner, blockOwnerDeletion: blocks })),
    ...(finalizer === undefined ? {} : { finalizers: [finalizer], deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
}) as unknown as ConfigMap
const show = ({ judge, orphan }: Attention) => [judge.map(({ uid }) => uid).sort(), orphan.map(({ uid }) => uid)]

describe('owner graph', () => {
  it('GG1: an owner that was never seen is known by its dependents, and turns real when it comes', () => {
    const graph = new OwnerGraph()
    graph.put(configMaps, objectOf('child', ['owner']))
    expect(graph.get('owner')).toMatchObject({ type: undefined, key: undefined })
    expect([...graph.get('owner')!.dependents].map(({ uid }) => uid)).toEqual(['child'])
    expect(show(graph.remove('owner'))).toEqual([['child'], []])
    graph.put(configMaps, objectOf('owner'))
    expect(graph.get('owner')?.type).toBe(configMaps)
    expect([...graph.get('owner')!.dependents].map(({ uid }) => uid)).toEqual(['child'])
  })

  it('GG1: an owner that was never seen is forgotten with the last reference to it', () => {
    const graph = new OwnerGraph()
    graph.put(configMaps, objectOf('child', ['owner']))
    graph.put(configMaps, objectOf('child'))
    expect(graph.get('owner')).toBeUndefined()
  })

  it('GG2: a node being deleted in the foreground keeps that mark, even when the finalizer goes', () => {
    const graph = new OwnerGraph()
    graph.put(configMaps, objectOf('root', [], { finalizer: foregroundFinalizer }))
    expect(graph.get('root')?.deletingDependents).toBe(true)
    graph.put(configMaps, objectOf('root', [], { finalizer: 'example.com/hold' }))
    expect(graph.get('root')?.deletingDependents).toBe(true)
    graph.remove('root')
    expect(graph.get('root')).toBeUndefined()
  })

  it('GG3: a change tells what has to be looked at because of it, and nothing else', () => {
    const graph = new OwnerGraph()
    expect(show(graph.put(configMaps, objectOf('root')))).toEqual([[], []])
    expect(show(graph.put(configMaps, objectOf('child', ['root'])))).toEqual([['child'], []])
    expect(show(graph.put(configMaps, objectOf('child', ['root'])))).toEqual([[], []])
    expect(show(graph.put(configMaps, objectOf('root', [], { finalizer: foregroundFinalizer })))).toEqual([['child', 'root'], []])
    expect(show(graph.put(configMaps, objectOf('child', ['root'], { blocks: false })))).toEqual([['child', 'root'], []])
    expect(show(graph.remove('child'))).toEqual([['root'], []])
    expect(show(graph.put(configMaps, objectOf('leaving', [], { finalizer: orphanFinalizer })))).toEqual([[], ['leaving']])
    expect(show(graph.put(configMaps, objectOf('leaving', [], { finalizer: orphanFinalizer })))).toEqual([[], []])
  })
})
