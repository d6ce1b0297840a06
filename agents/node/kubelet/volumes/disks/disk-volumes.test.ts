import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FakeCluster } from '../../../../../test/fakes/fake-cluster.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, volumeAttachments } from '../../../../api/resources.ts'
import { FakeClock } from '../../../../base/fake-clock.ts'
import { MemoryLog } from '../../../../base/log.ts'
import { DiskVolumes, type DiskVolumesDeps } from './disk-volumes.ts'

const handle = 'pvc-1'
const attachment = `csi-${createHash('sha256').update('pvc-1disk.kubarium.devnode-1').digest('hex')}`
const volume = (capacity = '1Gi') => ({ metadata: { name: 'pvc-1' }, spec: { capacity: { storage: capacity }, csi: { driver: 'disk.kubarium.dev', volumeHandle: handle, fsType: 'ext4' }, mountOptions: ['noatime'] } }) as unknown as PersistentVolume
const claim = (capacity = '1Gi', more: object = {}) => ({ metadata: { namespace: 'default', name: 'data', uid: 'u' }, spec: {}, status: { phase: 'Bound', capacity: { storage: capacity }, ...more } }) as unknown as PersistentVolumeClaim

function scene() {
  const rootFolder = mkdtempSync(join(tmpdir(), 'kubelet-disks-'))
  onTestFinished(() => { rmSync(rootFolder, { recursive: true }) })
  const clock = new FakeClock()
  const cluster = new FakeCluster({ clock })
  const mounted = new Set<string>()
  const did: string[] = []
  const scripted: { growFailure?: Error } = {}
  const short = (path: string): string => path.replace(rootFolder, '').replace(/[0-9a-f]{64}/, '<hash>')
  const deps: DiskVolumesDeps = {
    rootFolder, nodeName: 'node-1', client: cluster, clock, log: new MemoryLog(),
    mounts: { ensureTmpfs: async () => {}, below: async folder => [...mounted].filter(point => point === folder || point.startsWith(`${folder}/`)), unmount: async folder => { did.push(`unmount ${short(folder)}`); mounted.delete(folder) } },
    tools: {
      find: async id => (id === handle ? '/dev/sda' : undefined),
      prepare: async (device, fileSystem, grows) => { did.push(`prepare ${device} ${fileSystem}${grows ? ' and grow' : ''}`) },
      mount: async (device, folder, _fileSystem, options) => { did.push(`mount ${device} ${short(folder)} ${options.join()}`); mounted.add(folder) },
      bind: async (folder, at) => { did.push(`bind ${short(at)}`); mounted.add(at); expect(mounted.has(folder)).toBe(true) },
      bindDevice: async (device, at) => { did.push(`bind ${device} ${short(at)}`); mounted.add(at) },
      rescan: async device => { did.push(`rescan ${device}`) },
      grow: async device => {
        did.push(`grow ${device}`)
        if (scripted.growFailure !== undefined) throw scripted.growFailure
      },
    },
    tell: (_claim, reason, message) => { did.push(`${reason}: ${message}`) },
    reportInUse: async () => { did.push(`in use: ${disks.inUse.join()}`) },
  }
  const disks = new DiskVolumes(deps)
  const attach = (status: object = { attached: true }) => cluster.put(volumeAttachments, { metadata: { name: attachment }, spec: { attacher: 'disk.kubarium.dev', nodeName: 'node-1', source: { persistentVolumeName: 'pvc-1' } }, status } as never)
  const pod = (uid: string): string => `${rootFolder}/pods/${uid}`
  return { scripted, rootFolder, clock, cluster, mounted, did, deps, disks, attach, pod }
}

describe('disks of pods', () => {
  test('DV1 DV3: told as in use, mounted once, shown in each pod', async () => {
    const { did, disks, attach, pod, rootFolder } = scene()
    attach()
    expect(await disks.setUp(pod('a'), volume(), claim())).toBe(`${rootFolder}/pods/a/volumes/kubernetes.io~csi/pvc-1/mount`)
    await disks.setUp(pod('b'), volume(), claim())
    await disks.setUp(pod('a'), volume(), claim())
    expect(did).toEqual([
      'in use: kubernetes.io/csi/disk.kubarium.dev^pvc-1',
      'prepare /dev/sda ext4',
      'mount /dev/sda /plugins/kubernetes.io/csi/disk.kubarium.dev/<hash>/globalmount noatime',
      'bind /pods/a/volumes/kubernetes.io~csi/pvc-1/mount',
      'bind /pods/b/volumes/kubernetes.io~csi/pvc-1/mount',
    ])
  })

  test('DV6: of mode Block each pod gets the device itself, which is in use until the last has gone', async () => {
    const { did, disks, attach, pod, rootFolder, mounted } = scene()
    attach()
    const target = `${rootFolder}/pods/a/volumeDevices/kubernetes.io~csi/pvc-1`
    expect(await disks.setUpDevice(pod('a'), volume(), claim())).toBe(target)
    await disks.setUpDevice(pod('a'), volume(), claim())
    await disks.releaseUnused()
    expect(did).toEqual(['in use: kubernetes.io/csi/disk.kubarium.dev^pvc-1', 'bind /dev/sda /pods/a/volumeDevices/kubernetes.io~csi/pvc-1', 'in use: kubernetes.io/csi/disk.kubarium.dev^pvc-1'])
    mounted.delete(target)
    await disks.releaseUnused()
    expect(disks.inUse).toEqual([])
  })

  test('DV2: waits for the attachment, and says what is missing', async () => {
    const { clock, did, disks, attach, pod } = scene()
    const waiting = disks.setUp(pod('a'), volume(), claim())
    let ended = false
    const failure = expect(waiting.finally(() => { ended = true })).rejects.toThrow('volume "pvc-1" is not attached to node "node-1" yet')
    while (!ended) {
      await clock.advance(250)
      await new Promise(resolve => setTimeout(resolve, 1)) // files are real
    }
    await failure
    expect(did).toEqual(['in use: kubernetes.io/csi/disk.kubarium.dev^pvc-1'])
    attach({ attached: false, attachError: { message: 'node-1 is not running' } })
    await expect(disks.setUp(pod('a'), volume(), claim())).rejects.toThrow('AttachVolume.Attach failed for volume "pvc-1": node-1 is not running')
  })

  test('DV4: let go when the last pod has gone, and found again after a restart', async () => {
    const { did, mounted, deps, disks, attach, pod, rootFolder } = scene()
    attach()
    await disks.setUp(pod('a'), volume(), claim())
    await disks.setUp(pod('b'), volume(), claim())
    did.length = 0
    mounted.delete(`${rootFolder}/pods/a/volumes/kubernetes.io~csi/pvc-1/mount`)
    const restarted = new DiskVolumes(deps)
    await restarted.recover()
    expect(restarted.inUse).toEqual(['kubernetes.io/csi/disk.kubarium.dev^pvc-1'])
    mounted.delete(`${rootFolder}/pods/b/volumes/kubernetes.io~csi/pvc-1/mount`)
    await restarted.releaseUnused()
    expect(restarted.inUse).toEqual([])
    expect(did).toContain('unmount /plugins/kubernetes.io/csi/disk.kubarium.dev/<hash>/globalmount')
    expect(mounted.size).toBe(0)
    expect(existsSync(join(rootFolder, 'plugins/kubernetes.io/csi/disk.kubarium.dev', createHash('sha256').update(handle).digest('hex')))).toBe(false)
  })

  test('DV5: the file system follows its disk, then the claim\'s status', async () => {
    const { cluster, did, disks, attach, pod } = scene()
    attach()
    const waiting = claim('1Gi', { conditions: [{ type: 'FileSystemResizePending', status: 'True' }], allocatedResourceStatuses: { storage: 'NodeResizePending' } })
    cluster.put(persistentVolumeClaims, waiting)
    await disks.setUp(pod('a'), volume('2Gi'), cluster.peek(persistentVolumeClaims, { namespace: 'default', name: 'data' })!)
    expect(did).toContain('prepare /dev/sda ext4 and grow')
    expect(did.at(-1)).toBe('grow /dev/sda')
    expect(cluster.peek(persistentVolumeClaims, { namespace: 'default', name: 'data' })!.status).toEqual({ phase: 'Bound', capacity: { storage: '2Gi' } })
  })

  test('DV5: a pod goes on when its file system cannot grow while it is mounted', async () => {
    const { scripted, cluster, did, disks, attach, pod } = scene()
    attach()
    cluster.put(persistentVolumeClaims, claim())
    await disks.setUp(pod('a'), volume(), claim())
    scripted.growFailure = new Error('permission denied')
    await disks.setUp(pod('a'), volume('2Gi'), claim())
    expect(did.at(-1)).toBe('FileSystemResizeFailed: NodeExpandVolume failed for volume "pvc-1": permission denied')
    expect(cluster.peek(persistentVolumeClaims, { namespace: 'default', name: 'data' })!.status.capacity).toEqual({ storage: '1Gi' })
  })
})
