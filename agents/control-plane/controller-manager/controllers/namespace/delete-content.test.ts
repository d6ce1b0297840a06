import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../../../../../test/fakes/fake-cluster.ts'
import { configMaps, secrets } from '../../../../api/resources.ts'
import { deleteContent } from './delete-content.ts'

const signal = new AbortController().signal
const put = (cluster: FakeCluster, type: typeof configMaps | typeof secrets, name: string, finalizers: string[] = []) => cluster.put(type as typeof configMaps, { metadata: { namespace: 'work', name, finalizers } })

describe('content of a namespace', () => {
  it('NS2: goes as a collection where that is served, else one by one', async () => {
    const cluster = new FakeCluster()
    for (const name of ['a', 'b']) for (const type of [configMaps, secrets]) put(cluster, type, name)
    const { remaining } = await deleteContent(cluster, 'work', [{ ...configMaps, verbs: ['list', 'delete', 'deletecollection'] }, { ...secrets, verbs: ['list', 'delete'] }], signal)
    expect(cluster.writes.toSorted()).toEqual(['delete secrets work/a', 'delete secrets work/b', 'deletecollection configmaps work'])
    expect(remaining.size).toBe(0)
  })

  it('NS3: what is left is counted per resource, and so are the finalizers that hold it', async () => {
    const cluster = new FakeCluster()
    put(cluster, configMaps, 'a', ['example.com/one'])
    put(cluster, configMaps, 'b', ['example.com/one', 'example.com/two'])
    put(cluster, secrets, 'c')
    const verbs = ['list', 'delete', 'deletecollection']
    const { remaining, finalizers } = await deleteContent(cluster, 'work', [{ ...configMaps, verbs }, { ...secrets, verbs }], signal)
    expect([...remaining]).toEqual([['configmaps.', 2]])
    expect([...finalizers]).toEqual([['example.com/one', 2], ['example.com/two', 1]])
  })
})
