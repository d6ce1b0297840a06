import { describe, expect, test } from 'vitest'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../../api/groups/core-v1/types.ts'
import type { KubernetesObject } from '../../../../api/kubernetes-object.ts'
import { FakeClock } from '../../../../base/fake-clock.ts'
import type { Client } from '../../../../machinery/client.ts'
import { isRejected } from '../../framework/verdict.ts'
import { shortNode, shortObject, shortPod } from '../../parity/short-objects.ts'
import { Cluster, emptyLookups } from '../../snapshot/cluster.ts'
import type { VolumeState } from './volume-binding.ts'
import { newVolumeBinding } from './volume-binding.ts'

const localClass = 'class local waits provisioner=kubernetes.io/no-provisioner'

/** A cluster of nodes a and b, a server that answers writes with the next version, and the plugin. */
function stage(...shorts: readonly string[]) {
  const objects = new Map<string, KubernetesObject>()
  const keyOf = (object: KubernetesObject) => `${object.kind} ${object.metadata.name}`
  const set = (object: KubernetesObject) => { objects.set(keyOf(object), object) }
  for (const short of shorts) set(shortObject(short))
  const find = <T>(kind: string, name: string) => objects.get(`${kind} ${name}`) as T | undefined
  const written: KubernetesObject[] = []
  let version = 10
  let refuses = ''
  const client = {
    update: (_: unknown, object: KubernetesObject) => {
      if (refuses === keyOf(object)) return Promise.reject(new Error('conflict'))
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } }
      written.push(stored)
      return Promise.resolve(stored)
    },
  } as unknown as Client
  const cluster = new Cluster({
    ...emptyLookups,
    persistentVolumeClaim: (_, name) => find('PersistentVolumeClaim', name),
    persistentVolume: name => find('PersistentVolume', name),
    persistentVolumes: () => [...objects.values()].filter(({ kind }) => kind === 'PersistentVolume') as unknown as PersistentVolume[],
    storageClass: name => find('StorageClass', name),
  })
  for (const name of ['a', 'b']) cluster.setNode(shortNode(name))
  const clock = new FakeClock()
  const plugin = newVolumeBinding({ bindTimeoutSeconds: 600 }, { cluster, client, clock })
  const prepare = (pod: Pod): VolumeState => {
    const answer = plugin.preFilter(pod, cluster)
    if (typeof answer === 'symbol' || isRejected(answer)) throw new Error('was to be prepared')
    return answer.state
  }
  const fitting = (pod: Pod) => ['a', 'b'].filter(name => plugin.filter(prepare(pod), cluster.node(name)!, pod).fits)
  const reserveOn = (pod: Pod, nodeName: string) => {
    const state = prepare(pod)
    plugin.reserve(state, cluster.assume(pod, nodeName), nodeName)
    return state
  }
  return { set, written, clock, plugin, fitting, reserveOn, prepare, cluster, find, refuse: (key: string) => { refuses = key } }
}

/** As the binder leaves it. */
function bound(claim: PersistentVolumeClaim, volumeName: string): KubernetesObject {
  return { ...claim, metadata: { ...claim.metadata, resourceVersion: '99', annotations: { ...claim.metadata.annotations, 'pv.kubernetes.io/bind-completed': 'yes' } }, spec: { ...claim.spec, volumeName } } as unknown as KubernetesObject
}

describe('VolumeBinding', () => {
  test('BI3 AO2 a volume that is promised is taken, until it is given back', () => {
    const { plugin, fitting, reserveOn } = stage(localClass, 'pvc one class=local', 'pvc two class=local', 'pv pv1 class=local on=a')
    expect(fitting(shortPod('q claim=two'))).toEqual(['a'])
    const state = reserveOn(shortPod('p claim=one'), 'a')
    expect(fitting(shortPod('q claim=two'))).toEqual([])
    void plugin.unreserve(state, shortPod('p claim=one'), 'a')
    expect(fitting(shortPod('q claim=two'))).toEqual(['a'])
  })

  test('BI3 a claim that is promised a node is provisioned there only', () => {
    const { fitting, reserveOn } = stage('class fast waits', 'pvc one class=fast modes=ReadWriteMany')
    reserveOn(shortPod('p claim=one'), 'b')
    expect(fitting(shortPod('q claim=one'))).toEqual(['b'])
  })

  test('AO1 what the cache delivers takes the place of what was assumed', () => {
    const { fitting, reserveOn, set, find } = stage(localClass, 'pvc one class=local', 'pvc two class=local', 'pv pv1 class=local on=a')
    reserveOn(shortPod('p claim=one'), 'a')
    const volume = find<PersistentVolume>('PersistentVolume', 'pv1')!
    set({ ...volume, metadata: { ...volume.metadata, resourceVersion: '2' } } as unknown as KubernetesObject)
    expect(fitting(shortPod('q claim=two'))).toEqual(['a'])
  })

  test('BI4 nothing is to be done for bound claims', () => {
    const { plugin, reserveOn } = stage('pvc one volume=pv1 bound', 'pv pv1 claim=one')
    const pod = shortPod('p claim=one')
    expect(plugin.preBindPreFlight(reserveOn(pod, 'a'), pod, 'a')).toBe(false)
  })

  test('BV1 BV2 the volume is written with its claim, and waited for until the claim is bound', async () => {
    const { plugin, reserveOn, written, clock, set, find } = stage(localClass, 'pvc one class=local', 'pv pv1 class=local on=a')
    const pod = shortPod('p claim=one')
    const state = reserveOn(pod, 'a')
    expect(plugin.preBindPreFlight(state, pod, 'a')).toBe(true)
    let isDone = false
    const binding = plugin.preBind(state, pod, 'a', new AbortController().signal).then(verdict => { isDone = verdict.fits })
    await clock.advance(2_000)
    const volume = written[0] as unknown as PersistentVolume
    expect([volume.spec.claimRef?.name, volume.metadata.annotations?.['pv.kubernetes.io/bound-by-controller'], isDone]).toEqual(['one', 'yes', false])
    set(written[0]!)
    set(bound(find('PersistentVolumeClaim', 'one')!, 'pv1'))
    await clock.advance(2_000)
    await binding
    expect(isDone).toBe(true)
  })

  test('BV1 the claim is written with its node, and BV3 a provisioner that gives up ends the wait', async () => {
    const { plugin, reserveOn, written, clock, set } = stage('class fast waits', 'pvc one class=fast')
    const pod = shortPod('p claim=one')
    const failed = expect(plugin.preBind(reserveOn(pod, 'b'), pod, 'b', new AbortController().signal)).rejects.toThrow('binding volumes: provisioning failed for PVC "one"')
    await clock.advance(1_000)
    const claim = written[0] as unknown as PersistentVolumeClaim
    expect(claim.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('b')
    set({ ...claim, metadata: { ...claim.metadata, resourceVersion: '50', annotations: {} } } as unknown as KubernetesObject)
    await clock.advance(2_000)
    await failed
  })

  test('BV1 what could not be written is no longer promised', async () => {
    const { plugin, reserveOn, fitting, refuse } = stage(localClass, 'pvc one class=local', 'pvc two class=local', 'pv pv1 class=local on=a')
    const pod = shortPod('p claim=one')
    const state = reserveOn(pod, 'a')
    refuse('PersistentVolume pv1')
    await expect(plugin.preBind(state, pod, 'a', new AbortController().signal)).rejects.toThrow('conflict')
    expect(fitting(shortPod('q claim=two'))).toEqual(['a'])
  })

  test('BV3 a pod that is gone is not waited for', async () => {
    const { plugin, reserveOn, clock, cluster } = stage(localClass, 'pvc one class=local', 'pv pv1 class=local on=a')
    const pod = shortPod('p claim=one')
    const failed = expect(plugin.preBind(reserveOn(pod, 'a'), pod, 'a', new AbortController().signal)).rejects.toThrow('pod does not exist any more: pod "p" not found')
    cluster.removePod(pod.metadata.uid)
    await clock.advance(2_000)
    await failed
  })

  test('BV4 the wait ends after ten minutes, or with its signal', async () => {
    const { plugin, reserveOn, clock, set, written } = stage(localClass, 'pvc one class=local', 'pv pv1 class=local on=a')
    const pod = shortPod('p claim=one')
    const state = reserveOn(pod, 'a')
    const late = expect(plugin.preBind(state, pod, 'a', new AbortController().signal)).rejects.toThrow('binding volumes: context deadline exceeded')
    await clock.advance(1_000)
    set(written[0]!)
    await clock.advance(602_000)
    await late
    const stop = new AbortController()
    const stopped = expect(plugin.preBind(state, pod, 'a', stop.signal)).rejects.toThrow('stopping')
    await clock.advance(0)
    stop.abort(new Error('stopping'))
    await stopped
  })
})
