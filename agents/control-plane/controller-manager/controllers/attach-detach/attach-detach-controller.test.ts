import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { csiDrivers, events, nodes, persistentVolumeClaims, persistentVolumes, pods, volumeAttachments } from '../../../../api/resources.ts'
import { createAttachDetachControllers } from './attach-detach-controller.ts'

const attachedName = 'kubernetes.io/csi/disk.example.com^h1'
let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  for (const name of ['n1', 'n2']) node(name)
  scene.cluster.put(persistentVolumes, { metadata: { name: 'v', uid: 'v' }, spec: { accessModes: ['ReadWriteOnce'], csi: { driver: 'disk.example.com', volumeHandle: 'h1' }, claimRef: { namespace: 'default', name: 'c', uid: 'c' } }, status: { phase: 'Bound' } } as never)
  scene.cluster.put(persistentVolumeClaims, { metadata: { namespace: 'default', name: 'c', uid: 'c' }, spec: { volumeName: 'v' }, status: { phase: 'Bound' } } as never)
  await scene.start(...createAttachDetachControllers())
})
afterEach(() => scene[Symbol.asyncDispose]())

function node(name: string, more: { inUse?: boolean; ready?: boolean; taint?: boolean } = {}) {
  const known = scene.cluster.peek(nodes, { name })
  scene.cluster.put(nodes, {
    metadata: { name, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } }, spec: more.taint === true ? { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } : {},
    status: { ...known?.status, volumesInUse: more.inUse === true ? [attachedName] : [], conditions: [{ type: 'Ready', status: more.ready === false ? 'Unknown' : 'True' }] },
  } as never)
}

async function pod(name: string, nodeName: string) {
  scene.cluster.put(pods, { metadata: { namespace: 'default', name }, spec: { nodeName, containers: [], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }] }, status: { phase: 'Pending' } })
  await scene.settle()
}

async function attached(nodeName: string) {
  const key = { name: scene.cluster.all(volumeAttachments).find(({ spec }) => spec.nodeName === nodeName)!.metadata.name }
  scene.cluster.put(volumeAttachments, { ...scene.cluster.peek(volumeAttachments, key)!, status: { attached: true } })
  await scene.settle()
}

async function gone(name: string) {
  scene.cluster.vanish(pods, { namespace: 'default', name })
  await scene.settle()
}

const where = () => scene.cluster.all(volumeAttachments).map(({ spec }) => spec.nodeName).sort()
const onNode = (name: string) => (scene.cluster.peek(nodes, { name })!.status.volumesAttached ?? []).map(volume => volume.name)

describe('attach/detach controller', () => {
  it('AD1 AD4: asks for an attachment where a pod uses the volume, and tells the node and the pod when it is there', async () => {
    await pod('p', 'n1')
    expect(scene.cluster.all(volumeAttachments)[0]).toMatchObject({
      metadata: { name: expect.stringMatching(/^csi-[0-9a-f]{64}$/) as string },
      spec: { attacher: 'disk.example.com', nodeName: 'n1', source: { persistentVolumeName: 'v' } },
    })
    await attached('n1')
    expect(onNode('n1')).toEqual([attachedName])
    expect(scene.cluster.all(events).map(({ message }) => message)).toEqual(['AttachVolume.Attach succeeded for volume "v" '])
  })

  it('AD1: leaves drivers alone that need no attaching', async () => {
    scene.cluster.put(csiDrivers, { metadata: { name: 'disk.example.com' }, spec: { attachRequired: false } })
    await scene.settle()
    await pod('p', 'n1')
    expect(where()).toEqual([])
  })

  it('AD2: a volume for one node waits until it has left the other', async () => {
    await pod('first', 'n1')
    await attached('n1')
    await pod('second', 'n2')
    expect(where()).toEqual(['n1'])
    expect(scene.cluster.all(events).map(({ message }) => message)).toContain('Multi-Attach error for volume "v" Volume is already used by pod(s) first')
    await gone('first')
    await scene.settle()
    expect(where()).toEqual(['n2'])
  })

  it('AD3 AD5: stays while the node uses it, then leaves the node\'s list first', async () => {
    await pod('p', 'n1')
    await attached('n1')
    node('n1', { inUse: true })
    await gone('p')
    expect([where(), onNode('n1')]).toEqual([['n1'], [attachedName]])
    node('n1')
    await scene.settle()
    expect([where(), onNode('n1')]).toEqual([[], []])
    const writes = scene.cluster.writes.filter(text => text.includes('nodes/status n1') || text.startsWith('delete volumeattachments'))
    expect(writes.slice(-2).map(text => text.split(' ')[0])).toEqual(['patch', 'delete'])
  })

  it('AD3: leaves a silent node after six minutes, one out of service at once', async () => {
    await pod('p', 'n1')
    await attached('n1')
    node('n1', { inUse: true, ready: false })
    await gone('p')
    await scene.settle(5 * 60_000)
    expect(where()).toEqual(['n1'])
    await scene.settle(2 * 60_000)
    expect(where()).toEqual([])
    await pod('q', 'n2')
    await attached('n2')
    node('n2', { inUse: true, taint: true })
    await scene.settle()
    expect(where()).toEqual([])
  })
})
