import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { PersistentVolume, PersistentVolumeClaim, Volume } from '../../../api/groups/core-v1/types.ts'
import { samplePod } from '../pod-worker/sample-pods.ts'
import { claimNameOf, followClaim, isReadOnlyClaim, type ClaimReader } from './claims.ts'
import { giveToGroup } from './volume-ownership.ts'

const pod = { ...samplePod({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'c', readOnly: true } }] }) }
const mounted: Volume = { name: 'data', persistentVolumeClaim: { claimName: 'c' } }

function reader(claim: object | undefined, source: object = { hostPath: { path: '/srv' } }, claimRef: object = { uid: 'claim-uid' }): ClaimReader {
  const found = claim === undefined ? undefined : ({ metadata: { name: 'c', uid: 'claim-uid', ...(claim as { metadata?: object }).metadata }, spec: { volumeName: 'pv', ...(claim as { spec?: object }).spec }, status: { phase: 'Bound', ...(claim as { status?: object }).status } } as unknown as PersistentVolumeClaim)
  return {
    claim: async () => found,
    volume: async name => (name === 'pv' ? ({ metadata: { name }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], claimRef, ...source } } as unknown as PersistentVolume) : undefined),
  }
}

const follow = (read: ClaimReader, volume: Volume = mounted) => followClaim(pod, volume, claimNameOf(pod, volume)!, read)

describe('claims of pods', () => {
  test('CV3: a hostPath or local volume is the folder it names', async () => {
    expect(await follow(reader({}))).toEqual({ type: 'folder', volume: { name: 'data', hostPath: { path: '/srv' } }, takesGroup: false })
    expect(await follow(reader({}, { local: { path: '/disk' } }))).toEqual({ type: 'folder', volume: { name: 'data', hostPath: { path: '/disk', type: 'Directory' } }, takesGroup: true })
  })

  test.each([
    ['no claim', reader(undefined), 'error processing PVC default/c: failed to fetch PVC from API server: persistentvolumeclaims "c" not found'],
    ['going', reader({ metadata: { deletionTimestamp: 'now' } }), 'error processing PVC default/c: PVC is being deleted'],
    ['unbound', reader({ status: { phase: 'Pending' } }), 'error processing PVC default/c: PVC is not bound'],
    ['no volume', reader({ spec: { volumeName: 'other' } }), 'error processing PVC default/c: failed to fetch PV "other" from API server: persistentvolumes "other" not found'],
    ['somebody else\'s volume', reader({}, undefined, { uid: 'other' }), 'error processing PVC default/c: PV.Spec.ClaimRef is nil or the PVC\'s UID does not match for PV "pv"'],
  ])('CV1: %s', async (_name, read, text) => {
    await expect(follow(read)).rejects.toThrow(text)
  })

  test('CV2: an ephemeral volume\'s claim has the pod\'s name, and is refused when it is another pod\'s', async () => {
    const scratch: Volume = { name: 'scratch', ephemeral: {} }
    expect(claimNameOf(pod, scratch)).toBe(`${pod.metadata.name}-scratch`)
    expect(claimNameOf(pod, { name: 'e', emptyDir: {} })).toBeUndefined()
    await expect(follow(reader({}), scratch)).rejects.toThrow('(pod is not owner)')
    await expect(follow(reader({ metadata: { ownerReferences: [{ controller: true, uid: pod.metadata.uid }] } }), scratch)).resolves.toBeDefined()
  })

  test('CV4: the lab\'s disks are told apart; other kinds and drivers are refused by name', async () => {
    expect(await follow(reader({}, { csi: { driver: 'disk.kubarium.dev', volumeHandle: 'pv' } }))).toMatchObject({ type: 'disk' })
    await expect(follow(reader({}, { csi: { driver: 'other.example.com', volumeHandle: 'x' } }))).rejects.toThrow('driver name other.example.com not found in the list of registered CSI drivers')
    await expect(follow(reader({}, { nfs: { server: 's', path: '/' } }))).rejects.toThrow('PV "pv" is of kind nfs, which this kubelet does not support')
  })

  test('CV6: a raw device is for volumeDevices, a folder for volumeMounts', async () => {
    const block = reader({}, { local: { path: '/dev/x' }, volumeMode: 'Block' })
    expect(await follow(block)).toEqual({ type: 'device', path: '/dev/x' })
    const using = (as: object) => ({ ...pod, spec: { ...pod.spec, containers: [{ name: 'c', ...as }] } })
    const followIn = (user: typeof pod, read: ClaimReader) => followClaim(user, mounted, claimNameOf(user, mounted)!, read)
    await expect(followIn(using({ volumeMounts: [{ name: 'data', mountPath: '/x' }] }), block)).rejects.toThrow('volume data has volumeMode Block, but is specified in volumeMounts')
    await expect(followIn(using({ volumeDevices: [{ name: 'data', devicePath: '/dev/x' }] }), reader({}))).rejects.toThrow('volume data has volumeMode Filesystem, but is specified in volumeDevices')
  })

  test('a claim may be read-only for a pod', () => {
    expect(isReadOnlyClaim(pod, 'data')).toBe(true)
    expect(isReadOnlyClaim(pod, 'other')).toBe(false)
  })
})

describe.skipIf(process.getuid?.() !== 0)('ownership (as root)', () => {
  async function tree(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'kubelet-owner-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await mkdir(join(folder, 'sub'), { mode: 0o700 })
    await writeFile(join(folder, 'sub', 'file'), 'x', { mode: 0o600 })
    await symlink('/etc/hostname', join(folder, 'link'))
    return folder
  }

  test('VO1 VO3: everything below belongs to the group, links are not followed', async () => {
    const folder = await tree()
    const before = await stat('/etc/hostname')
    await giveToGroup(folder, 4_321, undefined)
    const facts = async (path: string): Promise<string> => {
      const info = await stat(join(folder, path))
      return `${info.gid} ${(info.mode & 0o7777).toString(8)}`
    }
    expect([await facts('sub'), await facts('sub/file')]).toEqual(['4321 2770', '4321 660'])
    expect(await facts('.')).toMatch(/^4321 27/)
    expect((await stat('/etc/hostname')).gid).toBe(before.gid)
  })

  test('VO2: OnRootMismatch leaves a volume alone whose root is right', async () => {
    const folder = await tree()
    await giveToGroup(folder, 4_321, undefined)
    await writeFile(join(folder, 'late'), '', { mode: 0o600 })
    await giveToGroup(folder, 4_321, 'OnRootMismatch')
    expect((await stat(join(folder, 'late'))).mode & 0o777).toBe(0o600)
    await giveToGroup(folder, 4_321, 'Always')
    expect((await stat(join(folder, 'late'))).mode & 0o777).toBe(0o660)
  })
})
