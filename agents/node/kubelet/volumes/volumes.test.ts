import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigMap, Pod, Secret, Volume } from '../../../api/groups/core-v1/types.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts'
import { samplePod } from '../pod-worker/sample-pods.ts'
import { writeAtomically } from './atomic-files.ts'
import { containerMounts } from './container-mounts.ts'
import { buildPayload, type PayloadSources } from './payload.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import { isInMemory, volumeFolder, volumeKindOf } from './volume-kinds.ts'

const facts = { nodeName: 'node-1', hostAddresses: ['172.30.0.11'], podAddresses: ['10.244.0.2'], allocatable: {} }
const sources: PayloadSources = {
  configMap: name => Promise.resolve(name === 'cm' ? ({ data: { a: 'alpha', b: 'beta' }, binaryData: { bin: 'AP8=' } } as unknown as ConfigMap) : undefined),
  secret: name => Promise.resolve(name === 'se' ? ({ data: { pw: Buffer.from('s3').toString('base64') } } as unknown as Secret) : undefined),
  token: ({ audience }) => Promise.resolve(`token for ${audience}`),
}

async function payloadText(volume: Omit<Volume, 'name'>, pod: Pod = samplePod()): Promise<Record<string, string>> {
  const payload = await buildPayload(pod, { name: 'v', ...volume }, sources, facts)
  return Object.fromEntries([...payload].map(([path, file]) => [path, `${file.mode.toString(8)} ${Buffer.from(file.data).toString('latin1')}`]))
}

describe('volume kinds', () => {
  test('VK1 VK2 VK3', () => {
    expect(volumeFolder('/p', { name: 'v', projected: {} })).toBe('/p/volumes/kubernetes.io~projected/v')
    expect(volumeFolder('/p', { name: 'v', hostPath: { path: '/x' } })).toBe('/x')
    expect(() => volumeKindOf({ name: 'v', persistentVolumeClaim: { claimName: 'c' } })).toThrow(/persistentVolumeClaim, which this kubelet does not support/)
    expect([{ emptyDir: {} }, { emptyDir: { medium: 'Memory' } }, { secret: {} }, { configMap: {} }].map(volume => isInMemory({ name: 'v', ...volume }))).toEqual([false, true, true, false])
  })
})

describe('payload', () => {
  test('PL1 every key, or the items asked for', async () => {
    expect(await payloadText({ configMap: { name: 'cm' } })).toEqual({ a: '644 alpha', b: '644 beta', bin: '644 \0ÿ' })
    expect(await payloadText({ configMap: { name: 'cm', defaultMode: 0o400, items: [{ key: 'a', path: 'deep/x' }, { key: 'b', path: 'y', mode: 0o755 }] } })).toEqual({ 'deep/x': '400 alpha', y: '755 beta' })
    await expect(payloadText({ configMap: { name: 'cm', items: [{ key: 'none', path: 'x' }] } })).rejects.toThrow(/non-existent key/)
    await expect(payloadText({ secret: { secretName: 'nope' } })).rejects.toThrow('secret "nope" not found')
    expect(await payloadText({ secret: { secretName: 'nope', optional: true } })).toEqual({})
  })

  test('PL2 PL4 projected sources in order; tokens are private when somebody owns them', async () => {
    const projected = { sources: [{ secret: { name: 'se' } }, { configMap: { name: 'cm', items: [{ key: 'a', path: 'pw' }] } }, { serviceAccountToken: { path: 'token', audience: 'x' } }, { downwardAPI: { items: [{ path: 'ns', fieldRef: { fieldPath: 'metadata.namespace' } }] } }] }
    expect(await payloadText({ projected })).toEqual({ pw: '644 alpha', token: '644 token for x', ns: '644 default' })
    expect((await payloadText({ projected }, samplePod({ securityContext: { fsGroup: 1 } })))['token']).toMatch(/^600 /)
  })

  test.each(['/abs', '../up', 'a/../b', 'a//b', ''])('PL3 path %j is refused', async path => {
    await expect(payloadText({ configMap: { name: 'cm', items: [{ key: 'a', path }] } })).rejects.toThrow(/invalid path/)
  })
})

describe('files', () => {
  let folder: string
  const nobody = { uid: undefined, gid: undefined }
  const payload = (files: Record<string, string>, mode = 0o640) => new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]))
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubelet-volumes-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('AF1 AF2 AF3 written, left alone, replaced', async () => {
    expect(await writeAtomically(folder, payload({ a: '1', 'deep/b': '2' }), nobody, 0)).toBe(true)
    const first = await readlink(join(folder, '..data'))
    expect([await readFile(join(folder, 'a'), 'utf8'), await readFile(join(folder, 'deep/b'), 'utf8'), (await stat(join(folder, 'a'))).mode & 0o777]).toEqual(['1', '2', 0o640])
    expect(await writeAtomically(folder, payload({ a: '1', 'deep/b': '2' }), nobody, 1)).toBe(false)
    expect(await writeAtomically(folder, payload({ a: '3', c: '4' }), nobody, 2)).toBe(true)
    expect((await readdir(folder)).filter(name => !name.startsWith('..')).sort()).toEqual(['a', 'c'])
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('3')
    expect((await readdir(folder)).includes(first)).toBe(false)
    await chmod(join(folder, 'c'), 0o600)
    expect(await writeAtomically(folder, payload({ a: '3', c: '4' }), nobody, 3)).toBe(true)
  })

  test('CM1 a subPath cannot leave its volume', async () => {
    await symlink('/etc', join(folder, 'out'))
    await writeFile(join(folder, 'file'), '')
    const mounts = (mount: object) => containerMounts({ pod: samplePod(), container: { name: 'main', terminationMessagePath: '', volumeMounts: [{ name: 'v', mountPath: '/m', ...mount }] }, podFolder: folder, volumePaths: new Map([['v', folder]]), variables: [{ key: 'POD', value: 'web-1' }], hostsFile: undefined, attemptId: '0' })
    await expect(mounts({ subPath: 'out' })).rejects.toThrow(/leads out/)
    await expect(mounts({ subPath: '../x' })).rejects.toThrow(/must stay inside/)
    expect((await mounts({ subPathExpr: 'logs/$(POD)' }))[0]?.hostPath).toMatch(/logs\/web-1$/)
    expect((await mounts({ subPath: 'file', readOnly: true, mountPropagation: 'HostToContainer' }))[0]).toMatchObject({ readonly: true, propagation: 'PROPAGATION_HOST_TO_CONTAINER' })
    await expect(mounts({ name: 'none' })).rejects.toThrow(/no volume "none"/)
  })

  test('CM2 CM3 hosts file and termination message file', async () => {
    const input = { pod: samplePod(), podFolder: folder, volumePaths: new Map([['v', folder]]), variables: [], hostsFile: '/hosts', attemptId: '0-x' }
    const paths = async (volumeMounts: object[]) => (await containerMounts({ ...input, container: { name: 'main', volumeMounts: volumeMounts as never } })).map(mount => mount.containerPath)
    expect(await paths([])).toEqual(['/etc/hosts', '/dev/termination-log'])
    expect(await paths([{ name: 'v', mountPath: '/etc/hosts' }])).toEqual(['/etc/hosts', '/dev/termination-log'])
    expect((await stat(join(folder, 'containers/main/0-x'))).mode & 0o777).toBe(0o666)
  })
})

describe('service account tokens', () => {
  test('ST1 ST2 asked once, renewed at 80 %, kept when that fails', async () => {
    const clock = new FakeClock()
    const cluster = new FakeCluster({ clock })
    let asked = 0
    let fails = false
    const client = Object.assign(Object.create(cluster) as FakeCluster, {
      createSubresource: () => {
        if (fails) return Promise.reject(new Error('down'))
        return Promise.resolve({ status: { token: `t${++asked}`, expirationTimestamp: new Date(clock.now() + 1_000_000).toISOString() } })
      },
    })
    const tokens = new ServiceAccountTokens(client, clock)
    const read = () => tokens.token(samplePod(), { audience: undefined, expirationSeconds: 1_000 })
    expect([await read(), await read()]).toEqual(['t1', 't1'])
    await clock.advance(801_000)
    expect(await read()).toBe('t2')
    fails = true
    await clock.advance(900_000)
    expect(await read()).toBe('t2')
    await clock.advance(200_000)
    await expect(read()).rejects.toThrow('down')
  })
})
